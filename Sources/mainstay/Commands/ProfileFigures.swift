import BuildMemory
import Foundation

/// Two profiles side by side for programs: what was measured, and what must be equal for the two to be compared at all.
struct ProfileFigures: Encodable, Equatable {
    /// Bytes, milliseconds or counts. What a profile lacks is absent.
    struct Figure: Encodable, Equatable {
        let name: String
        let first: Int?
        let second: Int?
        /// Absent where it says nothing: for what one of the two lacks, and from zero.
        let changePercent: Double?

        enum CodingKeys: String, CodingKey {
            case name, first, second
            case changePercent = "change_percent"
        }

        init(_ name: String, _ first: Int?, _ second: Int?) {
            self.name = name
            self.first = first
            self.second = second
            guard let first, let second, first > 0 else {
                changePercent = nil
                return
            }
            changePercent = ((Double(second) - Double(first)) / Double(first) * 1000).rounded() / 10
        }
    }

    struct Circumstance: Encodable, Equatable {
        let name: String
        let first: String?
        let second: String?
        let differs: Bool

        init(_ name: String, _ first: String?, _ second: String?) {
            self.name = name
            self.first = first
            self.second = second
            differs = first != second
        }
    }

    /// Of this form.
    let version: Int
    let figures: [Figure]
    let circumstances: [Circumstance]

    init(_ first: BuildProfile, _ second: BuildProfile) {
        let (one, other) = (first.memory, second.memory)
        version = 1
        figures = [
            Figure("peak_rss", one.rss, other.rss),
            Figure("peak_pss", one.pss, other.pss),
            Figure("largest_process_rss", one.largestProcess, other.largestProcess),
            Figure("processes_at_peak", one.processes, other.processes),
            Figure("compile_jobs_at_peak", one.compileJobs, other.compileJobs),
            Figure("duration_ms", first.duration, second.duration),
            Figure("cpu_ms", first.cpu, second.cpu),
            Figure("exit_code", first.exitCode, second.exitCode),
        ]
        circumstances = [
            Circumstance("step", first.step, second.step),
            Circumstance("cache", first.cache?.rawValue, second.cache?.rawValue),
            Circumstance("censored", first.censored?.rawValue, second.censored?.rawValue),
            Circumstance("runner", first.machine.runner, second.machine.runner),
            Circumstance("kernel", first.machine.kernel, second.machine.kernel),
            Circumstance("cores", first.machine.cores.map { "\($0)" }, second.machine.cores.map { "\($0)" }),
            Circumstance("memory_limit", first.machine.memoryLimit.map { "\($0)" }, second.machine.memoryLimit.map { "\($0)" }),
        ]
    }

    var json: String {
        get throws { String(decoding: try APIClient.encoder.encode(self), as: UTF8.self) }
    }
}
