import Testing

@testable import BuildMemory

@Suite("The ledger of processes")
struct ProcessLedgerTests {
    private static let page = 4_096

    private func ledger(capacity: Int = 10) -> ProcessLedger {
        ProcessLedger(origin: 1_000, pageSize: Self.page, ticksPerSecond: 100, capacity: capacity)
    }

    private func text(_ line: String) -> CommandText { CommandText(arguments: line.split(separator: " ").map(String.init)) }

    @Test("sums the tree, finds its peak and what took part in it")
    func peak() {
        var ledger = ledger()
        var sample = ledger.record([process(1, parent: 0, pages: 10), process(2, parent: 1, pages: 20)], at: 0) { _ in nil }
        #expect(sample == ProcessLedger.Sample(rss: 30 * Self.page, processes: 2, compileJobs: 0, isPeak: true))
        sample = ledger.record([process(1, parent: 0, pages: 10), process(3, parent: 1, pages: 90)], at: 50) { _ in nil }
        #expect(sample.rss == 100 * Self.page)
        sample = ledger.record([process(1, parent: 0, pages: 95)], at: 100) { _ in nil }
        #expect(!sample.isPeak)
        #expect(ledger.peak.rss == 100 * Self.page)
        #expect(ledger.peakAt == 50)
        #expect(ledger.largestEver == 95 * Self.page)

        let entries = ledger.entries(limit: 10)
        #expect(entries.map(\.identity.pid) == [3, 1, 2], "by their share in the peak, then by their own")
        #expect(entries.map(\.rssAtTreePeak) == [90 * Self.page, 10 * Self.page, 0])
        #expect(entries.map(\.peakRSS) == [90 * Self.page, 95 * Self.page, 20 * Self.page])
        #expect(entries.map(\.ended) == [100, nil, 50])
    }

    @Test("does not count the dead that were not yet waited for")
    func zombies() {
        var ledger = ledger()
        _ = ledger.record([process(1, parent: 0, pages: 10), process(2, parent: 1, pages: 5)], at: 0) { _ in nil }
        let sample = ledger.record([process(1, parent: 0, pages: 10), process(2, parent: 1, pages: 5, state: "Z")], at: 10) { _ in nil }
        #expect(sample.processes == 1)
        #expect(sample.rss == 10 * Self.page)
        #expect(ledger.entries(limit: 9).first { $0.identity.pid == 2 }?.ended == 10)
    }

    @Test("reads a command line again after exec, and no more often than that")
    func commands() {
        var ledger = ledger()
        var reads = 0
        let lines = ["make all", "make all", "cc1 a.c", "never", "never"]
        let names = ["make", "make", "cc1", "cc1", "cc1"]
        for (place, name) in names.enumerated() {
            _ = ledger.record([process(7, parent: 1, name: name)], at: place) { _ in
                reads += 1
                return text(lines[place])
            }
        }
        #expect(reads == 3)
        #expect(ledger.entries(limit: 1).first?.command.text == "cc1 a.c")
    }

    @Test("counts a driver and the compiler that it waits for as one job")
    func jobs() {
        var ledger = ledger()
        let tree = [
            process(1, parent: 0, name: "make"), process(2, parent: 1, name: "gcc"), process(3, parent: 2, name: "cc1"),
            process(4, parent: 1, name: "rustc"),
        ]
        let sample = ledger.record(tree, at: 0) { [2: text("gcc -c a.c"), 3: text("cc1 a.c"), 4: text("rustc b.rs")][$0] }
        #expect(sample.compileJobs == 2)
    }

    @Test("counts starts from the command's begin and takes a pid that comes again for another process")
    func identity() {
        var ledger = ledger()
        _ = ledger.record([process(5, parent: 1, start: 1_250)], at: 3_000) { _ in nil }
        _ = ledger.record([process(5, parent: 1, start: 1_400)], at: 4_500) { _ in nil }
        _ = ledger.record([process(6, parent: 1, start: 900)], at: 5_000) { _ in nil }
        #expect(ledger.seen == 3)
        #expect(ledger.entries(limit: 9).map(\.started).sorted() == [0, 2_500, 4_000])
    }

    @Test("keeps the peak's processes and the largest others, however many come and go")
    func bounded() {
        var ledger = ledger(capacity: 10)
        _ = ledger.record([process(1, parent: 0, pages: 500), process(2, parent: 1, pages: 400)], at: 0) { _ in nil }
        for pid in Int32(10)..<5_000 {
            _ = ledger.record([process(1, parent: 0, pages: 1), process(pid, parent: 1, pages: UInt64(pid % 700))], at: Int(pid)) { _ in nil }
        }
        #expect(ledger.live.count == 2)
        #expect(ledger.seen == 4_992)
        let entries = ledger.entries(limit: 10)
        #expect(entries.count == 10)
        #expect(entries.prefix(2).map(\.identity.pid) == [1, 2])
        #expect(entries.dropFirst(2).allSatisfy { $0.peakRSS == 699 * Self.page || $0.peakRSS == 698 * Self.page })
    }

    @Test("shows the PSS of the peak's processes only")
    func pss() {
        var ledger = ledger()
        _ = ledger.record([process(1, parent: 0, pages: 10), process(2, parent: 1, pages: 10)], at: 0) { _ in nil }
        ledger.recordPSS([.init(pid: 1, start: 1): 111, .init(pid: 2, start: 2): 222])
        _ = ledger.record([process(1, parent: 0, pages: 50)], at: 1) { _ in nil }
        ledger.recordPSS([.init(pid: 1, start: 1): 333])
        #expect(ledger.entries(limit: 9).map(\.pssAtTreePeak) == [333, nil])
    }
}
