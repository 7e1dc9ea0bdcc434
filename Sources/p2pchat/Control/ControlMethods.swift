/// One method of the control socket: its name and the types of its two halves.
struct ControlMethod<Parameters: Codable & Sendable, Result: Codable & Sendable>: Sendable {
    let name: String
}

enum ControlMethods {
    static let send = ControlMethod<SendParameters, SendResult>(name: "send")
    static let sendAll = ControlMethod<SendAllParameters, SendAllResult>(name: "send.all")
    static let who = ControlMethod<NoParameters, EntriesResult>(name: "who")
    static let lookup = ControlMethod<PeerParameters, EntryJSON>(name: "lookup")
    static let status = ControlMethod<NoParameters, StatusJSON>(name: "status")
    static let verify = ControlMethod<VerifyParameters, VerifyResult>(name: "verify")
    static let fingerprint = ControlMethod<PeerParameters, PeerJSON>(name: "fingerprint")
    static let contacts = ControlMethod<NoParameters, ContactsResult>(name: "contacts")
    static let history = ControlMethod<HistoryParameters, MessagesResult>(name: "history")
    static let export = ControlMethod<ExportParameters, ExportPage>(name: "export")
    static let deleteHistory = ControlMethod<DeletionParameters, NoResult>(name: "history.delete")
    static let keepHistory = ControlMethod<RetentionParameters, RetentionResult>(name: "history.keep")
    static let read = ControlMethod<ReadParameters, ReadResult>(name: "read")
    static let subscribe = ControlMethod<SubscribeParameters, NoResult>(name: "subscribe")
    static let outbox = ControlMethod<OutboxParameters, MessagesResult>(name: "outbox")
    static let editMessage = ControlMethod<MessageParameters, MessageStateResult>(name: "outbox.edit")
    static let cancelMessage = ControlMethod<MessageParameters, MessageStateResult>(name: "outbox.cancel")
    static let changeContact = ControlMethod<ContactChange, PeerJSON>(name: "contacts.change")
    static let acceptContact = ControlMethod<PeerParameters, PeerJSON>(name: "contacts.accept")
    static let forgetContact = ControlMethod<PeerParameters, PeerJSON>(name: "contacts.forget")
    static let log = ControlMethod<NoParameters, LogStatusJSON>(name: "log")
    static let acceptEntry = ControlMethod<NoParameters, AcceptedEntryJSON>(name: "log.accept")
    static let logPolicy = ControlMethod<LogPolicyParameters, LogPolicyJSON>(name: "log.policy")
    static let auditLog = ControlMethod<NoParameters, LogAuditJSON>(name: "log.audit")
    static let proveHandle = ControlMethod<HandleParameters, HandleProofJSON>(name: "log.prove")
    static let files = ControlMethod<FilesParameters, FilesResult>(name: "files")
    static let sendFile = ControlMethod<SendFileParameters, TransferJSON>(name: "files.send")
    static let acceptFile = ControlMethod<TransferParameters, FilesResult>(name: "files.accept")
    static let declineFile = ControlMethod<TransferParameters, FilesResult>(name: "files.decline")
    static let cancelFile = ControlMethod<TransferParameters, FilesResult>(name: "files.cancel")
}
