import FoundationEssentials

/// JSON-RPC 2.0, one object a line.
enum JSONRPC {
    static let version = "2.0"
    /// Bytes of a request: a text of 64,000 bytes takes up to six times that where everything is escaped.
    static let longestRequest = 1 << 20
    /// Bytes of an answer: a page of history.
    static let longestAnswer = 4 << 20

    /// What a client calls its request by: given back as it is.
    enum ID: Codable, Hashable, Sendable {
        case number(Int)
        case fraction(Double)
        case text(String)
        case null

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if container.decodeNil() {
                self = .null
            } else if let number = try? container.decode(Int.self) {
                self = .number(number)
            } else if let fraction = try? container.decode(Double.self) {
                self = .fraction(fraction)
            } else {
                self = .text(try container.decode(String.self))
            }
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .number(let number): try container.encode(number)
            case .fraction(let fraction): try container.encode(fraction)
            case .text(let text): try container.encode(text)
            case .null: try container.encodeNil()
            }
        }
    }

    struct Request<Parameters: Encodable & Sendable>: Encodable, Sendable {
        let jsonrpc = JSONRPC.version
        let id: Int
        let method: String
        let params: Parameters
    }

    /// The part of a request that says what the rest is.
    struct Head: Decodable, Sendable {
        let jsonrpc: String
        /// Nil for a notification, which is not answered.
        let id: ID?
        let method: String
        let hasParameters: Bool

        private enum CodingKeys: CodingKey { case jsonrpc, id, method, params }

        /// By hand, because an id that is `null` is another thing than none.
        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            jsonrpc = try container.decode(String.self, forKey: .jsonrpc)
            id = container.contains(.id) ? try container.decode(ID.self, forKey: .id) : nil
            method = try container.decode(String.self, forKey: .method)
            hasParameters = container.contains(.params)
        }
    }

    struct Parameters<Value: Decodable>: Decodable {
        let params: Value
    }

    struct Answer<Result: Encodable & Sendable>: Encodable, Sendable {
        let jsonrpc = JSONRPC.version
        let id: ID
        let result: Result
    }

    struct Refusal: Encodable, Sendable {
        let jsonrpc = JSONRPC.version
        /// `null` where the request could not be read so far.
        let id: ID
        let error: Failure
    }

    /// An event for a subscriber.
    struct Notification<Event: Encodable>: Encodable {
        let jsonrpc = JSONRPC.version
        let method = "event"
        let params: Event
    }

    /// Which request a line answers.
    struct AnswerHead: Decodable, Sendable {
        let id: Int?
    }

    /// An answer of either kind, as a client reads it.
    struct Response<Result: Decodable & Sendable>: Decodable, Sendable {
        let result: Result?
        let error: Failure?
    }

    struct Failure: Codable, Sendable {
        struct Details: Codable, Sendable {
            /// The exit code that the command ends with.
            let exit: Int32
            let hint: String?
        }

        let code: Int
        let message: String
        let data: Details?

        static let parseError = -32700
        static let invalidRequest = -32600
        static let methodNotFound = -32601
        static let invalidParameters = -32602
        /// A command's own failure; `data` says more.
        static let commandFailed = -32000

        init(code: Int, message: String, data: Details? = nil) {
            self.code = code
            self.message = message
            self.data = data
        }

        init(_ error: CommandError) {
            self.init(
                code: Self.commandFailed, message: error.message,
                data: Details(exit: error.code.rawValue, hint: error.hint))
        }

        var commandError: CommandError {
            CommandError(
                data.flatMap { ExitCode(rawValue: $0.exit) } ?? .inputOutput, message, hint: data?.hint)
        }
    }
}
