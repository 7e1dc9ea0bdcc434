/// A door that events wait at while a peer is being chosen.
actor Gate {
    private var isOpen = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    var isShut: Bool { !isOpen }

    func pass() async {
        while !isOpen {
            await withCheckedContinuation { waiting.append($0) }
        }
    }

    func open() {
        isOpen = true
        for waiter in waiting { waiter.resume() }
        waiting = []
    }

    func shut() {
        isOpen = false
    }
}
