import Foundation

// Machines are shared and noisy: the limit program and the link take turns, and what counts is the median of the ratios.
//   p2pchat-bench [rounds] [MiB]
//   p2pchat-bench log [entries]
//   p2pchat-bench replica [entries]
if CommandLine.arguments.dropFirst().first == "log" {
    let entries = CommandLine.arguments.dropFirst(2).first.flatMap { Int($0) } ?? 1_000_000
    try await LogBench.run(entries: entries).print()
    exit(0)
}
if CommandLine.arguments.dropFirst().first == "replica" {
    var figures = Figures()
    let entries = CommandLine.arguments.dropFirst(2).first.flatMap { Int($0) } ?? 100_000
    figures.add(try await ReplicaBench.run(entries: entries))
    figures.print()
    exit(0)
}
let arguments = CommandLine.arguments.dropFirst().compactMap { Int($0) }
let rounds = arguments.first ?? 5
let mebibytes = arguments.dropFirst().first ?? 512

let limit = try? LimitProgram.build()
if limit == nil { print("# limit.c not found: no ratios; name its folder in P2PCHAT_BENCH_FOLDER") }

var figures = Figures()
for _ in 0..<rounds {
    let theirs = try limit?.run(mebibytes: mebibytes) ?? [:]
    figures.add(theirs)
    let throughput = try await LinkBench.throughput(mebibytes: mebibytes)
    let echo = try await LinkBench.echo(trips: 5000)
    let small = try await LinkBench.smallEnvelopes(count: 300_000)
    let pipelined = try await MessageBench.durableMessages(count: 40_000)
    let single = try await MessageBench.sendToDelivered(times: 1000)
    figures.add([
        "link.throughput_MB_per_s": throughput,
        "link.small_envelopes_per_s": small,
        "link.echo_us_p50": echo.median * 1e6,
        "link.echo_us_p99": echo.p99 * 1e6,
        "message.durable_per_s": pipelined,
        "message.send_to_delivered_ms_p50": single.median * 1e3,
        "message.send_to_delivered_ms_p99": single.p99 * 1e3,
        "message.dial_to_first_acknowledged_ms":
            try await MessageBench.dialToFirstAcknowledged(times: 50) * 1e3,
        "link.dial_to_first_echo_ms": try await LinkBench.dialToFirstEcho(times: 100) * 1e3,
    ])
    if let best = theirs["limit.link_MB_per_s"] { figures.add(["link.share_of_limit": throughput / best]) }
}
figures.add(["process.resident_MB": residentMegabytes()])
figures.print()
