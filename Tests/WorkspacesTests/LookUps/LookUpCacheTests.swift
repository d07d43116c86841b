import Foundation
import Testing

@testable import Workspaces

/// Of external identities here; of tokens it is the same.
@Suite("What is remembered of look-ups")
struct LookUpCacheTests {
    private typealias Cache = LookUpCache<ExternalQuestion, ExternalPlace, StillClock.Instant, Int>

    private func at(_ milliseconds: Int) -> StillClock.Instant { StillClock.Instant(offset: .milliseconds(milliseconds)) }

    private func question(_ subject: String, in slug: String = "acme", email: String? = nil) -> ExternalQuestion {
        ExternalQuestion(identity: ExternalIdentity(issuer: "https://i.example", subject: subject), slug: slug, email: email)
    }

    private func place(_ cache: Cache, _ question: ExternalQuestion, _ milliseconds: Int) -> ExternalPlace? {
        guard case .known(let place) = cache.find(question, at: at(milliseconds)) else { return nil }
        return place
    }

    @Test("a place is known for half a second from the start of its look-up, to whoever asks the same")
    func lifetime() {
        var cache = Cache(lifetime: .milliseconds(500), capacity: 4)
        let ann = question("ann")
        cache.began(1, for: ann, at: at(0))
        cache.ended(ann, since: at(0), answer: .stranger)
        #expect(place(cache, ann, 499) == .stranger)
        #expect(place(cache, ann, 500) == nil)
        for other in [question("bob"), question("ann", in: "other"), question("ann", email: "ann@acme.example")] {
            #expect(place(cache, other, 0) == nil)
        }
    }

    @Test("a look-up under way is joined while it is young, and what an overtaken one brings is not kept")
    func overtaken() {
        var cache = Cache(lifetime: .milliseconds(500), capacity: 4)
        let ann = question("ann")
        cache.began(1, for: ann, at: at(0))
        guard case .join(1) = cache.find(ann, at: at(499)) else {
            Issue.record("the look-up is not joined")
            return
        }
        guard case .lookUp = cache.find(ann, at: at(500)) else {
            Issue.record("an old look-up is joined")
            return
        }
        cache.began(2, for: ann, at: at(500))
        cache.ended(ann, since: at(500), answer: .stranger)
        cache.ended(ann, since: at(0), answer: .unlinked)
        #expect(place(cache, ann, 600) == .stranger)
    }

    @Test("an answer that took longer than it is good for is not kept, and what was forgotten is looked up again, whatever was under way")
    func forgotten() {
        var cache = Cache(lifetime: .milliseconds(500), capacity: 4)
        let ann = question("ann")
        cache.began(1, for: ann, at: at(0))
        cache.ended(ann, since: at(0), answer: .stranger)
        #expect(place(cache, ann, 500) == nil)
        cache.began(2, for: ann, at: at(500))
        cache.forget(ann, at: at(501))
        cache.ended(ann, since: at(500), answer: .stranger)
        guard case .lookUp = cache.find(ann, at: at(502)) else {
            Issue.record("what was forgotten is believed")
            return
        }
        cache.forget(question("nobody"), at: at(502))
        #expect(cache.count == 1)
    }

    @Test("a look-up that failed is made again")
    func failed() {
        var cache = Cache(lifetime: .milliseconds(500), capacity: 4)
        let ann = question("ann")
        cache.began(1, for: ann, at: at(0))
        cache.ended(ann, since: at(0), answer: nil)
        guard case .lookUp = cache.find(ann, at: at(1)) else {
            Issue.record("a failure is remembered")
            return
        }
    }

    @Test("the memory stays within its bound, whoever floods it")
    func bound() {
        var cache = Cache(lifetime: .milliseconds(500), capacity: 4)
        for number in 0..<100 {
            cache.began(number, for: question("\(number)"), at: at(0))
            if number.isMultiple(of: 2) { cache.ended(question("\(number)"), since: at(0), answer: .unlinked) }
            #expect(cache.count <= 4)
        }
        // One that was pushed out meanwhile leaves no trace.
        cache.ended(question("1"), since: at(0), answer: .stranger)
        #expect(cache.count == 4 && place(cache, question("1"), 1) == nil)
    }
}
