import Foundation
import Testing

@testable import BuildMemory

@Suite("The report of a profile")
struct ProfileReportTests {
    @Test("shows peak, processes, course and cost, aligned")
    func golden() {
        let text = ProfileReport.text(.example, style: TextStyle(width: 80, unicode: false, colour: false))
        let lines = text.split(separator: "\n").map(String.init)
        #expect(lines[0] == "build | swift build | 42.3 s | exit 0 | cold")
        #expect(lines[1] == "  peak of the tree  3.42 GiB RSS, 2.98 GiB PSS at 31.2 s (21 % of 16.0 GiB limit)")
        #expect(lines[2] == "  largest process   1.20 GiB, which is all that `time -v` sees")
        #expect(lines[3] == "  at the peak       3 processes, 2 compile jobs on 4 cores")
        #expect(
            lines[11...] == [
                "   AT PEAK       PSS  OWN PEAK  CPU S  PID  COMMAND",
                "  1.20 GiB  1.10 GiB  1.20 GiB   30.0   12  swift-frontend Redis: A.swift",
                "  1.02 GiB         -  2.10 GiB   12.5   13  swift-frontend Jobs: B.swift",
                "  profiling cost    120 ms of CPU (0.28 % of one core, budget 1.0 %), 812 samples, 14 PSS readings, 40 processes seen",
            ])
    }

    @Test("says that a peak is only a lower bound", arguments: [(Censoring.oomKill, "out of memory"), (.signal, "ended by a signal")])
    func censored(reason: Censoring, words: String) {
        var profile = BuildProfile.example
        profile.censored = reason
        #expect(ProfileReport.text(profile, style: .plain).contains(words))
        #expect(ProfileReport.text(profile, style: .plain).contains("at least what was seen"))
        #expect(!ProfileReport.text(.example, style: .plain).contains("at least"))
    }

    @Test("is plain ASCII without escape sequences where it has to be")
    func plain() {
        #expect(ProfileReport.text(.example, style: .plain).utf8.allSatisfy { $0 < 128 && ($0 >= 32 || $0 == 10) })
        #expect(ProfileReport.text(.example, style: TextStyle(width: 80, unicode: true, colour: true)).contains("\u{1B}[1m"))
    }

    @Test("speaks of a command that was too short to be read")
    func nothing() {
        let profile = BuildProfile(command: "true", startedAt: Date(), duration: 1, exitCode: 0, memory: MemoryPeak(rss: 0))
        #expect(ProfileReport.text(profile, style: .plain) == "profile | true | 1 ms | exit 0\n  the command ended before its memory could be read\n")
    }

    @Test("sums what it does not list")
    func many() {
        var profile = BuildProfile.example
        profile.processes = (1...20).map { place in
            var process = ProcessPeak(pid: place, command: "cc1 \(place).c", peakRSS: 1 << 20)
            process.rssAtTreePeak = 1 << 20
            return process
        }
        #expect(ProfileReport.text(profile, style: .plain).contains("\n  and 12 more with 12.0 MiB RSS\n"))
    }

    @Test("of two says what differs, and why they should not be compared")
    func comparison() {
        var second = BuildProfile.example
        second.memory.rss = BuildProfile.example.memory.rss * 11 / 10
        second.cache = .warm
        second.censored = .oomKill
        let text = ProfileComparison.text(.example, second, style: .plain)
        #expect(text.contains("peak RSS of the tree        3.42 GiB    3.76 GiB  +10.0 %\npeak PSS of the tree        2.98 GiB    2.98 GiB\n"))
        #expect(text.contains("note: cache differs: cold and warm\n"))
        #expect(text.contains("note: B was cut short"))
        #expect(!text.contains("runner differs"))
    }
}

@Suite("The style of output")
struct TextStyleTests {
    @Test(
        "follows the terminal, the locale and what the user asks",
        arguments: [
            (["LANG": "en_US.UTF-8"], true, false, true, true),
            (["LANG": "C"], true, false, false, true),
            (["LC_ALL": "C", "LANG": "en_US.UTF-8"], true, false, false, true),
            (["LC_ALL": "", "LANG": "de_DE.utf8", "NO_COLOR": "1"], true, false, true, false),
            (["LANG": "en_US.UTF-8", "TERM": "dumb"], true, false, false, false),
            (["LANG": "en_US.UTF-8"], false, false, false, false),
            (["LANG": "en_US.UTF-8"], true, true, false, false),
        ])
    func style(environment: [String: String], isTerminal: Bool, plain: Bool, unicode: Bool, colour: Bool) {
        let style = TextStyle(environment: environment, isTerminal: isTerminal, columns: 120, plain: plain)
        #expect(style.unicode == unicode)
        #expect(style.colour == colour)
        #expect(style.width == (isTerminal ? 120 : 100))
    }
}
