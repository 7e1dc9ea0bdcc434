import Chat
import Identity

/// What is asked for by keys in a panel of the screen.
extension LineChat {
    func perform(_ deed: PanelDeed) async {
        guard let board = interface.board else { return }
        do {
            switch deed {
            case .talk(let entry): _ = await talk(to: entry)
            case .read(let peer): await open(peer)
            case .details(let peer): await board.showDetails(of: peer)
            case .decide(let action, let peer):
                await board.note(try await change(action, of: peer.fingerprint))
            case .take(let key): await board.note(try await take(key, into: nil))
            case .refuse(let key): try await refuse(key)
            case .stop(let key): try await stop(key)
            case .jump(let index): if let place = await board.jump(to: index) { await show(place) }
            }
        } catch {
            await board.note("! " + CommandError(describing: error).message)
        }
        await board.refresh()
    }
}
