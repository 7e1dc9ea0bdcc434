import Synchronization
import Terminal

/// What the board and the drawing share: the newest model, and how large the screen was, and what stood where, when it was drawn last.
final class ScreenState: Sendable {
    private struct State {
        var model = ScreenModel()
        var size = ScreenSize(columns: 80, rows: 24)
        var layout = ScreenLayout()
    }

    private let state = Mutex(State())

    var model: ScreenModel { state.withLock { $0.model } }
    var size: ScreenSize { state.withLock { $0.size } }
    var layout: ScreenLayout { state.withLock { $0.layout } }

    func change(_ body: (inout ScreenModel) -> Void) {
        state.withLock { body(&$0.model) }
    }

    /// What is to be drawn.
    func frame(_ input: InputLine, _ size: ScreenSize) -> Frame {
        let model = state.withLock { state in
            state.size = size
            return state.model
        }
        let (frame, layout) = ScreenView.draw(model, input, size)
        state.withLock { $0.layout = layout }
        return frame
    }
}
