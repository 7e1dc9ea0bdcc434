import Foundation
import TestSupport
import Testing

/// The runner itself: what it accepts, and above all what it refuses.
@Suite struct RunnerTests {
    private func run(_ text: String) async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/story.txt"
        try Data(text.utf8).write(to: URL(filePath: path))
        try await TranscriptRunner(Transcript(path: path)).run()
    }

    @Test func outputStatusAndErrors() async throws {
        try await run(
            """
            # A comment.
            $ sh -c 'echo one; echo two >&2; exit 3'
            one
            stderr: two
            [exit 3]

            $ printf 'a\\n\\n# b\\nlast'
            a
            \\
            \\# b
            last

            $ seq 100
            1
            ...
            50
            ...

            $ echo 'It costs $5 * 2'
            It costs $5 \\* 2
            """)
    }

    @Test(arguments: [
        "$ echo one\ntwo", "$ echo one", "$ true\none", "$ sh -c 'exit 3'", "$ true\n[exit 3]",
        "$ echo one\none\ntwo", "$ seq 3\n1\n...\n2", "$ sh -c 'echo x >&2'\nstderr: y", "$ echo a.b\na-b",
        "$ echo one\n...\nthree\n...", "$ nosuchprogram", "see nobody hello", "kill -TERM nobody",
        "$ echo $NOTHING",
        "exists $W/none", "absent $W/home", "mode $W/home 0600", "file a\n| x\ngrep a y",
        "file a\n| x\nno-grep a x",
        "$ echo x &p\ny", "$ true &p\ny", "$ sleep 100 &p\n\nkill -KILL p\nwait p\n[exit 0]",
        "$ sh -c 'kill -SEGV $$'",
    ])
    func whatIsNotSoFails(text: String) async throws {
        await #expect(throws: TranscriptFailure.self) { try await run(text) }
    }

    @Test(arguments: [
        "what is this", "$ echo 'open", "$ echo x\n$ echo y", "$ ", "kill -NINE p", "mode a rw", "$ x < a b",
    ])
    func whatIsMalformedFails(text: String) async throws {
        await #expect(throws: TranscriptSyntaxError.self) { try await run(text) }
    }

    @Test func captures() async throws {
        try await run(
            """
            $ echo directory 127.0.0.1:4000 '#abc'
            directory *:* * -> HOST PORT REST

            $ echo $PORT ${HOST}x "$REST"
            4000 127.0.0.1x #abc

            $ echo key=12ab.
            ~ key=(?<KEY>[0-9a-f]+)\\.

            $ echo [$KEY]
            [12ab]
            """)
    }

    @Test func inputEnvironmentAndFiles() async throws {
        try await run(
            """
            env GREETING=hello world
            $ sh -c 'echo $GREETING; cat; pwd; echo $HOME'
            < typed $W
            <
            < last
            hello world
            typed $W
            \\
            last
            $W
            $W/home

            unset GREETING
            file list.txt
            | first $W
            | second
            grep list.txt second
            grep $W/list.txt first $W
            no-grep list.txt third
            $ sh -c 'cat; test -z "$GREETING"; chmod 0600 list.txt' < list.txt
            first $W
            second

            mode list.txt 0600
            exists list.txt
            $ rm list.txt

            absent list.txt
            """)
    }

    @Test func backgroundPrograms() async throws {
        try await run(
            """
            $ sh -c 'trap "echo bye; exit 7" TERM; echo ready at 42; while read line; do echo got $line; done' &echoer
            ready at * -> N

            input echoer
            < one $N
            output echoer
            got one 42

            input echoer
            < two
            < three
            output echoer
            ...
            got three

            kill -TERM echoer
            wait echoer
            ...
            bye
            [exit 7]
            """)
    }

    @Test func typingWhereNobodyReadsFails() async throws {
        await #expect(throws: TranscriptFailure.self) {
            try await run("$ sh -c 'exec <&-; echo ready; exec sleep 1000' &p\nready\n\ninput p\n< hello")
        }
    }

    @Test func whatIsLeftRunningIsKilled() async throws {
        let folder = try TemporaryFolder()
        let file = folder.path + "/pid"
        try await run("$ sh -c 'sleep 1000 & echo $!; echo $! > \(file); wait' &sleeper\n*")
        let pid = try #require(
            pid_t(
                try String(contentsOfFile: file, encoding: .utf8).trimmingCharacters(
                    in: .whitespacesAndNewlines)))
        // Its parent is gone, so its end is seen when its new parent has let go of it, or it is a zombie.
        try await waitUntil("the end of what was left") {
            let state = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
            return state == nil || state?.contains(") Z ") == true
        }
    }

    @Test func screens() async throws {
        try await run(
            """
            screen shell 60x10 sh -c 'stty -echo; echo ready; while read line; do echo "got: $line"; done; exit 4'
            see shell ready
            type shell hello  there
            press shell Enter
            see shell got: hello*re -> MIDDLE
            unseen shell got: bye
            press shell C-d
            ended shell 4
            """)
    }
}
