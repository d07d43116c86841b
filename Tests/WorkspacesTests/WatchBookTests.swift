import Foundation
import Testing

@testable import Workspaces

@Suite("Who is told of, slowed and locked")
struct WatchBookTests {
    private typealias Instant = StillClock.Instant

    private let token = WatchSubject.token(UUID(), workspace: UUID())
    private let other = WatchSubject.token(UUID(), workspace: UUID())
    private let source = WatchSubject.source("198.51.100.7")

    private func at(_ seconds: Int) -> Instant { Instant(offset: .seconds(seconds)) }

    /// Rules of three within ten seconds.
    private func threes(_ response: WatchResponse, period: Duration = .seconds(60)) -> WatchRules {
        var rules = WatchRules()
        let rule = WatchRule(threshold: 3, window: .seconds(10), response: response, period: period)
        (rules.idWalking, rules.badSignatures, rules.keyReuse) = (rule, rule, rule)
        return rules
    }

    /// Three different things at once.
    private func raise(
        _ signal: WatchSignal, of subject: WatchSubject, isSpared: Bool = false, at now: Instant, in book: inout WatchBook<Instant>
    ) -> [WatchEvent] {
        (0..<3).compactMap { book.noted(signal, of: subject, thing: UInt64($0), isSpared: isSpared, at: now) }
    }

    @Test("the third raises an event of its subject and rule, and an alert restricts nobody")
    func alert() {
        let rules = threes(.alert)
        var book = WatchBook<Instant>(rules: rules)
        let events = raise(.idWalking, of: token, at: at(0), in: &book)
        #expect(events == [WatchEvent(signal: .idWalking, subject: token, rule: rules.idWalking, response: .alert)])
        #expect(!book.isRestricting)
        #expect(book.restriction(of: token, at: at(0)) == nil)
    }

    @Test("subjects and signals are counted apart")
    func apart() {
        var book = WatchBook<Instant>(rules: threes(.alert))
        for subject in [token, other, source] {
            for signal in [WatchSignal.idWalking, .badSignatures, .keyReuse] {
                for thing in [UInt64(1), 2] { #expect(book.noted(signal, of: subject, thing: thing, isSpared: false, at: at(0)) == nil) }
            }
        }
        #expect(book.noted(.keyReuse, of: other, thing: 3, isSpared: false, at: at(0)) != nil)
    }

    @Test("without a thing each time counts")
    func things() {
        var book = WatchBook<Instant>(rules: threes(.alert))
        let raised = (0..<3).map { _ in book.noted(.keyReuse, of: token, thing: nil, isSpared: false, at: at(0)) != nil }
        #expect(raised == [false, false, true])
        let same = (0..<9).map { _ in book.noted(.keyReuse, of: other, thing: 1, isSpared: false, at: at(0)) != nil }
        #expect(!same.contains(true))
    }

    @Test("who is slowed is so for the period, and nobody else is; afterwards nothing is looked up any more")
    func slow() {
        var book = WatchBook<Instant>(rules: threes(.slow))
        _ = raise(.idWalking, of: token, at: at(0), in: &book)
        #expect(book.isRestricting)
        #expect(book.restriction(of: token, at: at(59)) == .slowed)
        #expect(book.restriction(of: other, at: at(59)) == nil)
        #expect(book.isRestricting)
        #expect(book.restriction(of: other, at: at(60)) == nil)
        #expect(!book.isRestricting)
        #expect(book.restriction(of: token, at: at(60)) == nil)
    }

    @Test("a source is locked here for the period, a token until its row says so to everyone")
    func lock() {
        var book = WatchBook<Instant>(rules: threes(.lock))
        _ = raise(.badSignatures, of: source, at: at(0), in: &book)
        _ = raise(.idWalking, of: token, at: at(0), in: &book)
        #expect(book.restriction(of: source, at: at(10)) == .locked(left: .seconds(50)))
        #expect(book.restriction(of: token, at: at(10)) == .locked(left: .seconds(20)))
        #expect(book.restriction(of: token, at: at(30)) == nil)
        #expect(book.restriction(of: source, at: at(59)) == .locked(left: .seconds(1)))
        #expect(book.restriction(of: source, at: at(60)) == nil)
    }

    @Test("a lock goes before a delay, which is there again after it; what is there becomes no shorter")
    func both() {
        var rules = threes(.slow)
        rules.keyReuse.response = .lock
        rules.badSignatures.period = .seconds(5)
        var book = WatchBook<Instant>(rules: rules)
        _ = raise(.idWalking, of: token, at: at(0), in: &book)
        _ = raise(.keyReuse, of: token, at: at(1), in: &book)
        _ = raise(.badSignatures, of: token, at: at(2), in: &book)
        #expect(book.restriction(of: token, at: at(3)) == .locked(left: .seconds(28)))
        #expect(book.restriction(of: token, at: at(31)) == .slowed)
        #expect(book.restriction(of: token, at: at(59)) == .slowed)
        #expect(book.restriction(of: token, at: at(60)) == nil)
    }

    @Test("who is spared, and who is not known, is told of and nothing more")
    func spared() {
        var book = WatchBook<Instant>(rules: threes(.lock))
        #expect(raise(.idWalking, of: token, isSpared: true, at: at(0), in: &book).map(\.response) == [.alert])
        #expect(raise(.badSignatures, of: .unknown, at: at(0), in: &book).map(\.response) == [.alert])
        #expect(!book.isRestricting)
    }

    @Test("whoever comes under many names pushes out the oldest, and no more than the bound is remembered")
    func bound() {
        var book = WatchBook<Instant>(rules: threes(.alert), capacity: 10)
        for thing in [UInt64(1), 2] { _ = book.noted(.idWalking, of: token, thing: thing, isSpared: false, at: at(0)) }
        for number in 0..<9 { _ = book.noted(.idWalking, of: .source("\(number)"), thing: 1, isSpared: false, at: at(0)) }
        // Still there, and touched by this; the next ten push it out.
        #expect(book.noted(.idWalking, of: token, thing: 2, isSpared: false, at: at(1)) == nil)
        for number in 10..<20 { _ = book.noted(.idWalking, of: .source("\(number)"), thing: 1, isSpared: false, at: at(1)) }
        #expect(book.noted(.idWalking, of: token, thing: 3, isSpared: false, at: at(2)) == nil)
    }
}
