package import Identity
import Transparency

/// A folder that any web server can serve as it is: what a log's folder has by C2SP tlog-tiles. Everybody may read what is in it.
package struct PublishedFolder: Sendable {
    package let path: String
    private let queue = FileQueue("p2pchat.published")

    private var checkpointPath: String { path + "/checkpoint" }

    /// Makes the folder, in one that is there, unless it is there itself. Throws `inputOutput`.
    package init(making path: String) throws(IdentityError) {
        try ServedFile.makeFolder(path)
        self.path = path
    }

    /// The checkpoint that is published, unchecked; nil before the first one. Throws ``IdentityError``.
    package func checkpoint() async throws(IdentityError) -> [UInt8]? {
        let path = checkpointPath
        return try await queue.run { () throws(IdentityError) in
            try ServedFile.read(path, limit: SignedNote.mostBytes)
        }
    }

    /// Puts a checkpoint in the place of the one before. Throws `inputOutput`; then the one before is there.
    func replaceCheckpoint(_ note: [UInt8]) async throws(IdentityError) {
        let path = checkpointPath
        try await queue.run { () throws(IdentityError) in try ServedFile.write(path, note) }
    }

    /// Writes a tile, unless it is there as it has to be. Throws ``IdentityError``.
    func write(_ tile: TilePath, _ bytes: [UInt8]) async throws(IdentityError) {
        let (root, place) = (path, tile.text)
        try await queue.run { () throws(IdentityError) in
            let path = root + "/" + place
            guard try ServedFile.read(path, limit: bytes.count) != bytes else { return }
            // Not the folder itself: where it is gone, the tiles before are, too, or another disk is in its place.
            var folder = root
            for element in place.split(separator: "/").dropLast() {
                folder += "/" + element
                try ServedFile.makeFolder(folder)
            }
            try ServedFile.write(path, bytes)
        }
    }

    /// Removes the partial forms of a tile that is full. Throws `inputOutput`.
    func removePartials(of tile: TilePath) async throws(IdentityError) {
        let path = path + "/" + tile.partialFolder
        try await queue.run { () throws(IdentityError) in try ServedFile.removeFolder(path) }
    }
}
