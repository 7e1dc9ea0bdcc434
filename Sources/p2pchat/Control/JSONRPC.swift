import FoundationEssentials

/// JSON-RPC 2.0, one object a line.
enum JSONRPC {
    static let version = "2.0"
    /// A text of 64,000 bytes takes up to six times that where everything is escaped.
    static let maximumLine = 1 << 20

    struct Request<Parameters: Codable & Sendable>: Codable, Sendable {
        var jsonrpc = JSONRPC.version
        let id: Int
        let method: String
        let params: Parameters
    }

    /// The part of a request that says what the rest is.
    struct Head: Codable, Sendable {
        let jsonrpc: String
        let id: Int?
        let method: String
    }

    struct Parameters<Value: Codable>: Codable {
        let params: Value
    }

    struct Response<Result: Codable & Sendable>: Codable, Sendable {
        var jsonrpc = JSONRPC.version
        let id: Int?
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
