import Foundation

/// Named measurements, several of each; the median is what is printed.
struct Figures {
    private var values: [String: [Double]] = [:]

    mutating func add(_ figures: [String: Double]) {
        for (name, value) in figures { values[name, default: []].append(value) }
    }

    func print() {
        for (name, all) in values.sorted(by: { $0.key < $1.key }) {
            Swift.print(name, String(format: "%.3f", median(all)), "of", all.count)
        }
    }
}

func median(_ values: [Double]) -> Double {
    values.isEmpty ? .nan : values.sorted()[values.count / 2]
}

/// Memory of this process that is really there.
func residentMegabytes() -> Double {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
    return line.split(separator: " ").compactMap { Double($0) }.first.map { $0 / 1000 } ?? .nan
}
