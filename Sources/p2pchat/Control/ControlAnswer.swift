import Chat
import FoundationEssentials

/// What becomes of a request's line, by way of a node's operations. Every failure becomes an answer.
enum ControlAnswer {
    /// A line to send, without its newline; nil for a notification, which is not answered.
    typealias Line = [UInt8]?

    /// Taking effect now; the answer may come later, and requests behind it need not wait for it.
    case now(Line)
    case later(@Sendable () async -> Line)
    /// Events follow the answer.
    case subscribe(Line, since: Int64?)

    init(to line: [UInt8], _ operations: Operations) async {
        let data = Data(line)
        let head: JSONRPC.Head
        do {
            head = try JSONDecoder().decode(JSONRPC.Head.self, from: data)
        } catch DecodingError.dataCorrupted {
            self = .refusal(JSONRPC.Failure.parseError, "not JSON")
            return
        } catch {
            self = .refusal(
                JSONRPC.Failure.invalidRequest,
                line.first == UInt8(ascii: "[")
                    ? "batches are not taken; send one request a line" : "not a JSON-RPC 2.0 request")
            return
        }
        let request = Incoming(data: data, head: head)
        guard head.jsonrpc == JSONRPC.version else {
            self = .now(request.failure(JSONRPC.Failure.invalidRequest, "not JSON-RPC 2.0"))
            return
        }
        switch head.method {
        case ControlMethods.send.name:
            self = await request.send(SendParameters.self, operations.begin) {
                try await operations.finish($0)
            }
        case ControlMethods.sendAll.name:
            self = await request.send(SendAllParameters.self, operations.begin) {
                SendAllResult(await operations.finishAll($0))
            }
        case ControlMethods.subscribe.name: self = await request.subscribe(operations)
        default: self = .now(await request.answer(operations))
        }
    }

    private static func refusal(_ code: Int, _ message: String) -> ControlAnswer {
        .now(
            ControlLine.bytes(
                JSONRPC.Refusal(id: .null, error: JSONRPC.Failure(code: code, message: message))))
    }

    private struct Incoming: Sendable {
        let data: Data
        let head: JSONRPC.Head

        func answer(_ operations: Operations) async -> Line {
            switch head.method {
            case ControlMethods.who.name: await handle(ControlMethods.who, operations.who)
            case ControlMethods.lookup.name: await handle(ControlMethods.lookup, operations.lookup)
            case ControlMethods.status.name: await handle(ControlMethods.status, operations.status)
            case ControlMethods.verify.name: await handle(ControlMethods.verify, operations.verify)
            case ControlMethods.fingerprint.name:
                await handle(ControlMethods.fingerprint, operations.fingerprint)
            case ControlMethods.contacts.name: await handle(ControlMethods.contacts, operations.contacts)
            case ControlMethods.changeContact.name:
                await handle(ControlMethods.changeContact, operations.changeContact)
            case ControlMethods.acceptContact.name:
                await handle(ControlMethods.acceptContact, operations.acceptContact)
            case ControlMethods.forgetContact.name:
                await handle(ControlMethods.forgetContact, operations.forgetContact)
            case ControlMethods.history.name: await handle(ControlMethods.history, operations.history)
            case ControlMethods.deleteHistory.name:
                await handle(ControlMethods.deleteHistory, operations.deleteHistory)
            case ControlMethods.keepHistory.name:
                await handle(ControlMethods.keepHistory, operations.keepHistory)
            case ControlMethods.export.name: await handle(ControlMethods.export, operations.export)
            case ControlMethods.read.name: await handle(ControlMethods.read, operations.read)
            case ControlMethods.outbox.name: await handle(ControlMethods.outbox, operations.outbox)
            case ControlMethods.editMessage.name:
                await handle(ControlMethods.editMessage, operations.editMessage)
            case ControlMethods.cancelMessage.name:
                await handle(ControlMethods.cancelMessage, operations.cancelMessage)
            case ControlMethods.log.name: await handle(ControlMethods.log, operations.log)
            case ControlMethods.acceptEntry.name:
                await handle(ControlMethods.acceptEntry, operations.acceptEntry)
            case ControlMethods.logPolicy.name: await handle(ControlMethods.logPolicy, operations.logPolicy)
            case ControlMethods.auditLog.name: await handle(ControlMethods.auditLog, operations.auditLog)
            case ControlMethods.proveHandle.name:
                await handle(ControlMethods.proveHandle, operations.proveHandle)
            case ControlMethods.files.name: await handle(ControlMethods.files, operations.files)
            case ControlMethods.sendFile.name: await handle(ControlMethods.sendFile, operations.sendFile)
            case ControlMethods.acceptFile.name:
                await handle(ControlMethods.acceptFile, operations.acceptFile)
            case ControlMethods.declineFile.name:
                await handle(ControlMethods.declineFile, operations.declineFile)
            case ControlMethods.cancelFile.name:
                await handle(ControlMethods.cancelFile, operations.cancelFile)
            default: failure(JSONRPC.Failure.methodNotFound, "no such method")
            }
        }

        /// Put into the outbox now, so that messages keep the order of their requests, and answered when they are delivered.
        func send<Parameters: Decodable>(
            _: Parameters.Type, _ begin: (Parameters) async throws -> Operations.Begun,
            _ finish: @escaping @Sendable (Operations.Begun) async throws -> some Encodable & Sendable
        ) async -> ControlAnswer {
            guard let parameters = parameters(Parameters.self) else { return .now(wrongParameters) }
            do {
                let begun = try await begin(parameters)
                return .later {
                    do { return result(try await finish(begun)) } catch { return failure(error) }
                }
            } catch {
                return .now(failure(error))
            }
        }

        func subscribe(_ operations: Operations) async -> ControlAnswer {
            guard let parameters = parameters(SubscribeParameters.self) else { return .now(wrongParameters) }
            do {
                let since: Int64? =
                    if let id = parameters.since { try await operations.position(ofArrived: id) } else { nil }
                return .subscribe(result(NoResult()), since: since)
            } catch {
                return .now(failure(error))
            }
        }

        private func handle<Parameters, Result>(
            _ method: ControlMethod<Parameters, Result>, _ operation: (Parameters) async throws -> Result
        ) async -> Line {
            guard let parameters = parameters(Parameters.self) else { return wrongParameters }
            do { return result(try await operation(parameters)) } catch { return failure(error) }
        }

        private func parameters<Parameters: Decodable>(_: Parameters.Type) -> Parameters? {
            guard head.hasParameters else {
                return try? JSONDecoder().decode(Parameters.self, from: Data("{}".utf8))
            }
            return try? JSONDecoder().decode(JSONRPC.Parameters<Parameters>.self, from: data).params
        }

        private func result(_ result: some Encodable & Sendable) -> Line {
            head.id.map { ControlLine.bytes(JSONRPC.Answer(id: $0, result: result)) }
        }

        private var wrongParameters: Line {
            failure(JSONRPC.Failure.invalidParameters, "wrong parameters for \(head.method)")
        }

        func failure(_ code: Int, _ message: String) -> Line {
            head.id.map {
                ControlLine.bytes(
                    JSONRPC.Refusal(id: $0, error: JSONRPC.Failure(code: code, message: message)))
            }
        }

        private func failure(_ error: any Error) -> Line {
            head.id.map {
                ControlLine.bytes(
                    JSONRPC.Refusal(id: $0, error: JSONRPC.Failure(CommandError(describing: error))))
            }
        }
    }
}

enum ControlLine {
    static func bytes(_ value: some Encodable) -> [UInt8] {
        // Values of these types always encode; an empty line is an error for whoever reads it.
        (try? Output.jsonText(value)).map { Array($0.utf8) } ?? []
    }
}
