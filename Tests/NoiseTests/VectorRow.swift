import Foundation
import TestSupport

/// One row of a file of published handshakes, whatever the file's form.
struct VectorRow {
    struct Message {
        let payload: [UInt8]
        let ciphertext: [UInt8]
    }

    var name = ""
    var initiator = Side()
    var responder = Side()
    var handshakeHash: [UInt8]?
    var messages: [Message] = []
    /// Whether the first transport message is the initiator's, whoever sent the last of the handshake.
    var initiatorBeginsTransport = false

    struct Side {
        var prologue: [UInt8] = []
        var staticKey: [UInt8]?
        var ephemeral: [UInt8]?
        var remoteStatic: [UInt8]?
        var psks: [[UInt8]] = []
    }

    /// N, K and X have one message only, and no answer: this program has no use for them, so they are not
    /// built.
    var isOneWay: Bool {
        let pattern = name.split(separator: "_")[1]
        return pattern.prefix { $0.isUppercase || $0.isNumber }.count == 1
    }
}

/// flynn/noise: `key=value` lines, rows separated by empty ones.
enum FlynnFile {
    static func rows() throws -> [VectorRow] {
        let text = try Vectors.text("noise/flynn-25519-chachapoly-blake2b.txt")
        return try text.components(separatedBy: "\n\n").filter { $0.contains("handshake=") }.map(row)
    }

    private static func row(_ text: String) throws -> VectorRow {
        var fields: [String: String] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            fields[String(parts[0])] = parts.count == 2 ? String(parts[1]) : ""
        }
        var row = VectorRow()
        row.name = fields["handshake"] ?? ""
        row.initiatorBeginsTransport = true
        let prologue = try [UInt8](hex: fields["prologue"] ?? "")
        let psk = try fields["preshared_key"].map { try [UInt8](hex: $0) }
        row.initiator.prologue = prologue
        row.responder.prologue = prologue
        row.initiator.psks = psk.map { [$0] } ?? []
        row.responder.psks = row.initiator.psks
        row.initiator.staticKey = try fields["init_static"].map { try [UInt8](hex: $0) }
        row.responder.staticKey = try fields["resp_static"].map { try [UInt8](hex: $0) }
        row.initiator.ephemeral = try fields["gen_init_ephemeral"].map { try [UInt8](hex: $0) }
        row.responder.ephemeral = try fields["gen_resp_ephemeral"].map { try [UInt8](hex: $0) }
        var number = 0
        while let payload = fields["msg_\(number)_payload"], let sent = fields["msg_\(number)_ciphertext"] {
            row.messages.append(.init(payload: try [UInt8](hex: payload), ciphertext: try [UInt8](hex: sent)))
            number += 1
        }
        return row
    }
}

/// cacophony and snow: one JSON form.
enum JSONFile {
    private struct File: Decodable {
        let vectors: [Row]
    }

    private struct Row: Decodable {
        let protocol_name: String
        let init_prologue: String
        let init_psks: [String]?
        let init_static: String?
        let init_ephemeral: String?
        let init_remote_static: String?
        let resp_prologue: String
        let resp_psks: [String]?
        let resp_static: String?
        let resp_ephemeral: String?
        let resp_remote_static: String?
        let handshake_hash: String?
        let messages: [Message]
    }

    private struct Message: Decodable {
        let payload: String
        let ciphertext: String
    }

    static func rows(_ name: String) throws -> [VectorRow] {
        try Vectors.json(File.self, "noise/\(name)-25519-chachapoly-blake2b.json").vectors.map { row in
            var result = VectorRow()
            result.name = row.protocol_name
            result.initiator = try side(
                row.init_prologue, row.init_static, row.init_ephemeral, row.init_remote_static, row.init_psks)
            result.responder = try side(
                row.resp_prologue, row.resp_static, row.resp_ephemeral, row.resp_remote_static, row.resp_psks)
            result.handshakeHash = try row.handshake_hash.map { try [UInt8](hex: $0) }
            result.messages = try row.messages.map {
                .init(payload: try [UInt8](hex: $0.payload), ciphertext: try [UInt8](hex: $0.ciphertext))
            }
            return result
        }
    }

    private static func side(
        _ prologue: String, _ staticKey: String?, _ ephemeral: String?, _ remote: String?, _ psks: [String]?
    ) throws -> VectorRow.Side {
        try VectorRow.Side(
            prologue: [UInt8](hex: prologue), staticKey: staticKey.map { try [UInt8](hex: $0) },
            ephemeral: ephemeral.map { try [UInt8](hex: $0) },
            remoteStatic: remote.map { try [UInt8](hex: $0) },
            psks: (psks ?? []).map { try [UInt8](hex: $0) })
    }
}
