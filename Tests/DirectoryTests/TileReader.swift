import Foundation
import Sodium
import Testing

/// Reads the folder of a published log as somebody's tools would who know C2SP tlog-tiles and RFC 6962 and nothing of this program.
struct TileReader {
    let folder: String

    struct Published {
        let size: Int
        let root: [UInt8]
    }

    struct Differs: Error, CustomStringConvertible {
        let description: String
    }

    func bytes(_ path: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(path)")))
    }

    /// The note's text, unchecked.
    func checkpoint() throws -> Published {
        let lines = String(decoding: try bytes("checkpoint"), as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false)
        return Published(
            size: try #require(Int(lines[1])),
            root: [UInt8](try #require(Data(base64Encoded: String(lines[2])))))
    }

    /// Checks everything that the checkpoint's tree consists of.
    ///
    /// - Returns: The entries, and the paths of all files of that tree.
    @discardableResult
    func check() throws -> (entries: [[UInt8]], files: Set<String>) {
        let published = try checkpoint()
        var files: Set<String> = ["checkpoint"]
        var entries: [[UInt8]] = []
        for (place, width) in places("entries", count: published.size) {
            let bundle = try unpack(try bytes(place))
            guard bundle.count == width else {
                throw Differs(description: "\(place): \(bundle.count) entries")
            }
            entries += bundle
            files.insert(place)
        }
        let leaves = entries.map { SHA256.hash([0], $0) }
        guard root(leaves[...]) == published.root else {
            throw Differs(description: "the entries have another root")
        }

        var (level, hashes, isFirst) = (0, leaves, true)
        while !hashes.isEmpty {
            var tiled: [[UInt8]] = []
            for (place, width) in places("\(level)", count: hashes.count) {
                let tile = try bytes(place)
                guard tile.count == 32 * width else {
                    throw Differs(description: "\(place): \(tile.count) bytes")
                }
                tiled += (0..<width).map { Array(tile[(32 * $0)..<(32 * $0 + 32)]) }
                files.insert(place)
            }
            guard tiled == hashes else { throw Differs(description: "level \(level) has other hashes") }
            if isFirst, root(tiled[...]) != published.root {
                throw Differs(description: "the tiles have another root")
            }
            isFirst = false
            hashes = (0..<hashes.count / 256).map { root(hashes[(256 * $0)..<(256 * $0 + 256)]) }
            level += 1
        }
        return (entries, files)
    }

    /// Every file that is there, and the modes of all files and of all folders.
    func everything() throws -> (files: Set<String>, modes: Set<Int>, folderModes: Set<Int>) {
        var (files, modes, folderModes) = (Set<String>(), Set<Int>(), Set<Int>())
        for path in try FileManager.default.subpathsOfDirectory(atPath: folder) + [""] {
            let attributes = try FileManager.default.attributesOfItem(atPath: "\(folder)/\(path)")
            let mode = try #require(attributes[.posixPermissions] as? Int)
            if attributes[.type] as? FileAttributeType == .typeDirectory {
                folderModes.insert(mode)
            } else {
                files.insert(path)
                modes.insert(mode)
            }
        }
        return (files, modes, folderModes)
    }

    /// RFC 6962 §2.1, as it stands there.
    private func root(_ leaves: ArraySlice<[UInt8]>) -> [UInt8] {
        if leaves.isEmpty { return SHA256.hash([]) }
        if leaves.count == 1 { return leaves[leaves.startIndex] }
        var split = 1
        while split * 2 < leaves.count { split *= 2 }
        return SHA256.hash([1], root(leaves.prefix(split)), root(leaves.dropFirst(split)))
    }

    /// The tiles of so many hashes, with their widths.
    private func places(_ row: String, count: Int) -> [(place: String, width: Int)] {
        stride(from: 0, to: count, by: 256).map { first in
            var number = first / 256
            var place = String(format: "%03d", number % 1_000)
            while number >= 1_000 {
                number /= 1_000
                place = String(format: "x%03d/", number % 1_000) + place
            }
            let width = min(256, count - first)
            return ("tile/\(row)/\(place)" + (width < 256 ? ".p/\(width)" : ""), width)
        }
    }

    private func unpack(_ bundle: [UInt8]) throws -> [[UInt8]] {
        var entries: [[UInt8]] = []
        var next = 0
        while next < bundle.count {
            guard next + 2 <= bundle.count else { throw Differs(description: "half a length") }
            let length = Int(bundle[next]) * 256 + Int(bundle[next + 1])
            guard next + 2 + length <= bundle.count else { throw Differs(description: "half an entry") }
            entries.append(Array(bundle[(next + 2)..<(next + 2 + length)]))
            next += 2 + length
        }
        return entries
    }
}
