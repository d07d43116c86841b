import Testing

@testable import Inference

/// What a client gets from announcements and reads, in every order in which they can come.
@Suite struct RunFeedTests {
    private func entry(_ number: UInt64, epoch: UInt64 = 1) -> RunLogEntry {
        RunLogEntry(id: RunEventID(epoch: epoch, number: number), payload: [UInt8(truncatingIfNeeded: number)])
    }

    private func entries(_ range: ClosedRange<UInt64>) -> [RunLogEntry] { range.map { entry($0) } }

    private func id(_ number: UInt64) -> RunEventID { RunEventID(epoch: 1, number: number) }

    @Test("Nothing is read before the subscription stands")
    func subscribesFirst() {
        var feed = RunFeed(after: nil)
        #expect(feed.next() == .wait)
        feed.listening()
        #expect(feed.next() == .read(after: nil, count: 512))
        #expect(feed.next() == .wait)
    }

    @Test("What was announced during the read is put behind it, once")
    func announcedDuringRead() {
        var feed = RunFeed(after: nil)
        feed.listening()
        _ = feed.next()
        feed.announced(entries(2...4))
        feed.readReturned(entries(1...3))
        #expect(feed.next() == .deliver(entries(1...4)))
        #expect(feed.next() == .wait)
        feed.announced([entry(5)])
        #expect(feed.next() == .deliver([entry(5)]))
    }

    @Test("A missing announcement is read")
    func gapInAnnouncements() {
        var feed = live(upTo: 3)
        feed.announced([entry(5)])
        #expect(feed.next() == .read(after: id(3), count: 512))
        feed.readReturned(entries(4...5))
        #expect(feed.next() == .deliver(entries(4...5)))
        #expect(feed.next() == .wait)
    }

    @Test("Announcements that are known already are nothing new")
    func duplicates() {
        var feed = live(upTo: 3)
        feed.announced(entries(1...3))
        #expect(feed.next() == .wait)
    }

    @Test("A lost connection makes the feed read once it is back")
    func reconnect() {
        var feed = live(upTo: 3)
        feed.listening()
        #expect(feed.next() == .read(after: id(3), count: 512))
        feed.readReturned([])
        #expect(feed.next() == .wait)
    }

    @Test("A slow client's events are bounded and are read when it comes back")
    func slowClient() {
        var feed = live(upTo: 3)
        for number in UInt64(4)...1_000 { feed.announced([entry(number)]) }
        #expect(feed.next() == .deliver(entries(4...259)))
        #expect(feed.next() == .read(after: id(259), count: 512))
        feed.readReturned(entries(260...771))
        #expect(feed.next() == .deliver(entries(260...771)))
        #expect(feed.next() == .read(after: id(771), count: 512))
        feed.readReturned(entries(772...1_000))
        #expect(feed.next() == .deliver(entries(772...1_000)))
        #expect(feed.next() == .wait)
    }

    @Test("A full page is followed by the next")
    func pages() {
        var feed = RunFeed(after: nil, limits: .init(buffered: 4, page: 2))
        feed.listening()
        #expect(feed.next() == .read(after: nil, count: 2))
        feed.readReturned(entries(1...2))
        #expect(feed.next() == .deliver(entries(1...2)))
        #expect(feed.next() == .read(after: id(2), count: 2))
        feed.readReturned([entry(3)])
        #expect(feed.next() == .deliver([entry(3)]))
        #expect(feed.next() == .wait)
    }

    @Test("A cursor below the window is told of the gap")
    func trimmed() {
        var feed = RunFeed(after: id(2))
        feed.listening()
        _ = feed.next()
        feed.readReturned(entries(5...6))
        #expect(feed.next() == .gap(after: id(2), next: id(5)))
        #expect(feed.next() == .deliver(entries(5...6)))
    }

    @Test("A log whose beginning was trimmed is told to who begins")
    func trimmedBeginning() {
        var feed = RunFeed(after: nil)
        feed.listening()
        _ = feed.next()
        feed.readReturned(entries(5...6))
        #expect(feed.next() == .gap(after: nil, next: id(5)))
    }

    @Test("Another attempt's first event is no gap, and is read before it is believed")
    func nextEpoch() {
        var feed = live(upTo: 3)
        feed.announced([entry(1, epoch: 2)])
        #expect(feed.next() == .read(after: id(3), count: 512))
        feed.readReturned([entry(1, epoch: 2)])
        #expect(feed.next() == .deliver([entry(1, epoch: 2)]))
        feed.announced([entry(2, epoch: 2)])
        #expect(feed.next() == .deliver([entry(2, epoch: 2)]))
    }

    @Test("Events that were announced and are not in the log any more end the wait, with a gap")
    func lostLog() {
        var feed = live(upTo: 3)
        feed.announced([entry(7)])
        #expect(feed.next() == .read(after: id(3), count: 512))
        feed.readReturned([])
        #expect(feed.next() == .gap(after: id(3), next: id(7)))
        #expect(feed.next() == .deliver([entry(7)]))
    }

    @Test("A failed read is asked for again")
    func failedRead() {
        var feed = RunFeed(after: nil)
        feed.listening()
        _ = feed.next()
        feed.readFailed()
        #expect(feed.next() == .read(after: nil, count: 512))
    }

    @Test("Whatever is announced, lost, reordered in time or read late: the client gets every event once and in order")
    func property() {
        for seed in UInt64(1)...400 {
            var generator = SeededGenerator(seed: seed)
            let total = UInt64.random(in: 1...120, using: &generator)
            let start = UInt64.random(in: 0...total, using: &generator)
            var feed = RunFeed(after: start == 0 ? nil : id(start), limits: .init(buffered: 3, page: 5))
            feed.listening()
            var log: [RunLogEntry] = []
            var got: [RunLogEntry] = []
            var reading: [RunLogEntry]?
            var next: UInt64 = 1
            var steps = 0
            while got.last?.id.number != total, start != total || steps < 200, steps < 100_000 {
                steps += 1
                switch Int.random(in: 0..<4, using: &generator) {
                case 0 where next <= total:
                    // An append: in the log first; its announcement may be lost together with the connection.
                    log.append(entry(next))
                    if Bool.random(using: &generator) { feed.announced([entry(next)]) } else { feed.listening() }
                    next += 1
                case 1:
                    if let page = reading {
                        reading = nil
                        if Int.random(in: 0..<8, using: &generator) == 0 { feed.readFailed() } else { feed.readReturned(page) }
                    }
                default:
                    switch feed.next() {
                    case .deliver(let entries): got += entries
                    case .gap: Issue.record("a gap with seed \(seed)")
                    case .read(let after, let count):
                        reading = Array(log.filter { entry in after.map { entry.id > $0 } ?? true }.prefix(count))
                    case .wait: break
                    }
                }
            }
            #expect(got.map(\.id.number) == Array((start + 1)..<(total + 1)), "seed \(seed)")
        }
    }

    /// A feed that has delivered so many events and is live.
    private func live(upTo last: UInt64) -> RunFeed {
        var feed = RunFeed(after: nil)
        feed.listening()
        _ = feed.next()
        feed.readReturned(entries(1...last))
        _ = feed.next()
        return feed
    }
}
