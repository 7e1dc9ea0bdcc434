import Foundation
import TestSupport
import Testing

@testable import p2pchat

/// Names with spaces are completed word by word, as the editors ask.
@Suite struct CompletionOfFilesTests {
    @Test func namesWithSpaces() throws {
        let temporary = try TemporaryFolder()
        try withExtendedLifetime(temporary) {
            let folder = temporary.path
            for name in ["my photo.jpg", "my other photo.jpg", "notes.txt"] {
                #expect(FileManager.default.createFile(atPath: folder + "/" + name, contents: nil))
            }
            try FileManager.default.createDirectory(
                atPath: folder + "/my folder", withIntermediateDirectories: false)
            func completed(_ line: String) -> [String] {
                let word = line.split(separator: " ", omittingEmptySubsequences: false).last.map(String.init)
                return ChatCompletion.candidates(word ?? "", line, names: [])
            }
            #expect(completed("/send \(folder)/n") == [folder + "/notes.txt"])
            #expect(completed("/send \(folder)/my p") == ["photo.jpg"])
            #expect(completed("/send \(folder)/my o") == ["other photo.jpg"])
            #expect(completed("/send \(folder)/my other p") == ["photo.jpg"])
            #expect(completed("/get 1 \(folder)/my ") == ["folder/"])
            #expect(completed("/get \(folder)/my f") == ["folder/"])
            #expect(completed("/get \(folder)/n") == [])
        }
    }
}
