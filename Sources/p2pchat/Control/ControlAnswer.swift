import Chat
import FoundationEssentials

/// Turns a request's line into a response's line, by way of a node's operations. Every failure becomes a response.
enum ControlAnswer {
    static func answer(_ line: [UInt8], _ operations: Operations) async -> [UInt8] {
        let data = Data(line)
        guard let head = try? JSONDecoder().decode(JSONRPC.Head.self, from: data) else {
            return failure(nil, JSONRPC.Failure(code: JSONRPC.Failure.parseError, message: "not a request"))
        }
        guard head.jsonrpc == JSONRPC.version else {
            return failure(
                head.id, JSONRPC.Failure(code: JSONRPC.Failure.invalidRequest, message: "not JSON-RPC 2.0"))
        }
        let request = Incoming(data: data, id: head.id)
        switch head.method {
        case ControlMethods.send.name: return await request.handle(ControlMethods.send, operations.send)
        case ControlMethods.who.name: return await request.handle(ControlMethods.who, operations.who)
        case ControlMethods.lookup.name: return await request.handle(ControlMethods.lookup, operations.lookup)
        case ControlMethods.status.name: return await request.handle(ControlMethods.status, operations.status)
        case ControlMethods.verify.name: return await request.handle(ControlMethods.verify, operations.verify)
        case ControlMethods.fingerprint.name:
            return await request.handle(ControlMethods.fingerprint, operations.fingerprint)
        case ControlMethods.contacts.name:
            return await request.handle(ControlMethods.contacts, operations.contacts)
        case ControlMethods.history.name:
            return await request.handle(ControlMethods.history, operations.history)
        case ControlMethods.export.name: return await request.handle(ControlMethods.export, operations.export)
        case ControlMethods.outbox.name: return await request.handle(ControlMethods.outbox, operations.outbox)
        case ControlMethods.editMessage.name:
            return await request.handle(ControlMethods.editMessage, operations.editMessage)
        case ControlMethods.cancelMessage.name:
            return await request.handle(ControlMethods.cancelMessage, operations.cancelMessage)
        case ControlMethods.changeContact.name:
            return await request.handle(ControlMethods.changeContact, operations.changeContact)
        case ControlMethods.acceptContact.name:
            return await request.handle(ControlMethods.acceptContact, operations.acceptContact)
        case ControlMethods.forgetContact.name:
            return await request.handle(ControlMethods.forgetContact, operations.forgetContact)
        case ControlMethods.files.name: return await request.handle(ControlMethods.files, operations.files)
        case ControlMethods.sendFile.name:
            return await request.handle(ControlMethods.sendFile, operations.sendFile)
        case ControlMethods.acceptFile.name:
            return await request.handle(ControlMethods.acceptFile, operations.acceptFile)
        case ControlMethods.declineFile.name:
            return await request.handle(ControlMethods.declineFile, operations.declineFile)
        case ControlMethods.cancelFile.name:
            return await request.handle(ControlMethods.cancelFile, operations.cancelFile)
        default:
            return failure(
                head.id, JSONRPC.Failure(code: JSONRPC.Failure.methodNotFound, message: "no such method"))
        }
    }

    private struct Incoming {
        let data: Data
        let id: Int?

        func handle<Parameters, Result>(
            _ method: ControlMethod<Parameters, Result>, _ operation: (Parameters) async throws -> Result
        ) async -> [UInt8] {
            guard let body = try? JSONDecoder().decode(JSONRPC.Parameters<Parameters>.self, from: data) else {
                return failure(
                    id, JSONRPC.Failure(code: JSONRPC.Failure.invalidParameters, message: "wrong parameters"))
            }
            do {
                return encode(JSONRPC.Response(id: id, result: try await operation(body.params), error: nil))
            } catch {
                return failure(id, JSONRPC.Failure(CommandError(describing: error)))
            }
        }
    }

    private static func failure(_ id: Int?, _ failure: JSONRPC.Failure) -> [UInt8] {
        encode(JSONRPC.Response<NoParameters>(id: id, result: nil, error: failure))
    }

    private static func encode(_ response: some Encodable) -> [UInt8] {
        // Values of these types always encode; an empty line is an error for whoever reads it.
        (try? JSONEncoder().encode(response)).map { Array($0) } ?? []
    }
}
