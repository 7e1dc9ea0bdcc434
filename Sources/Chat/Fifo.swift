/// First in, first out, without moving what is left each time.
struct Fifo<Element> {
    private var elements: [Element] = []
    private var head = 0

    var count: Int { elements.count - head }
    var isEmpty: Bool { count == 0 }

    var last: Element? {
        get { isEmpty ? nil : elements[elements.count - 1] }
        set { if let newValue, !isEmpty { elements[elements.count - 1] = newValue } }
    }

    mutating func append(_ element: Element) { elements.append(element) }

    mutating func popFirst() -> Element? {
        guard head < elements.count else { return nil }
        defer {
            head += 1
            if head == elements.count {
                elements.removeAll(keepingCapacity: true)
                head = 0
            } else if head >= Self.slack {
                elements.removeFirst(head)
                head = 0
            }
        }
        return elements[head]
    }

    /// Takes up to `limit` elements.
    mutating func take(_ limit: Int) -> [Element] {
        let end = min(elements.count, head + limit)
        defer {
            head = end
            if head == elements.count || head >= Self.slack {
                elements.removeFirst(head)
                head = 0
            }
        }
        return Array(elements[head..<end])
    }

    mutating func removeAll() {
        elements = []
        head = 0
    }

    /// So many taken ones are dropped at once.
    private static var slack: Int { 1024 }
}
