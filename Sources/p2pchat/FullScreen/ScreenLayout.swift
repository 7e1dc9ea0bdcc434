/// What stands where on a screen.
struct ScreenLayout: Equatable, Sendable {
    /// Columns of the list at the side; 0 where it is folded away.
    var side = 0
    /// Columns of the messages.
    var width = 80
    /// Rows above the status line.
    var height = 22
    /// Of them those of messages, from the top; a panel has the rest.
    var messages = 22
    /// For each row of the panel the item that it belongs to.
    var items: [Int?] = []
    /// The index of the conversation in the first row of the list.
    var firstConversation = 0

    enum Target: Equatable {
        case conversation(Int)
        case item(Int)
    }

    /// What there is to be clicked.
    func target(row: Int, column: Int) -> Target? {
        guard row >= 0, row < height else { return nil }
        if column < side { return .conversation(firstConversation + row) }
        guard column > side || side == 0, row >= messages, items.indices.contains(row - messages) else {
            return nil
        }
        return items[row - messages].map { .item($0) }
    }
}
