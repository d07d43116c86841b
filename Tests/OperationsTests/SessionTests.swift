import Foundation
import Testing
import Workspaces

@testable import Operations

@Suite("Operators' sessions") struct SessionTests {
    private let seal = SessionSeal(secret: "0123456789abcdef0123456789abcdef")
    private let start = Date(timeIntervalSince1970: 1_800_000_000)

    private func session(at date: Date) -> OperatorSession { OperatorSession(token: UUID(), workspace: UUID(), now: date) }

    @Test("a cookie is read by whoever has the key, for as long as the session lasts, and by nobody else")
    func cookies() throws {
        let session = session(at: start)
        let cookie = seal.cookie(of: session)
        #expect(seal.session(in: cookie, at: start) == session)
        #expect(SessionSeal(secret: "0123456789abcdef0123456789abcdef").session(in: cookie, at: start) == session, "another ingress")
        #expect(SessionSeal(secret: nil).session(in: cookie, at: start) == nil)
        #expect(seal.session(in: cookie, at: start.addingTimeInterval(30 * 60 - 1)) == session)
        #expect(seal.session(in: cookie, at: start.addingTimeInterval(30 * 60)) == nil)
    }

    @Test("a cookie that was changed in any of its characters is nobody's")
    func changed() {
        let cookie = Array(seal.cookie(of: session(at: start)).utf8)
        for index in cookie.indices {
            var other = cookie
            // The other half of the alphabet: the last character's lowest bits mean nothing.
            other[index] = cookie[index] == UInt8(ascii: "A") ? UInt8(ascii: "g") : UInt8(ascii: "A")
            let text = String(decoding: other, as: UTF8.self)
            #expect(seal.session(in: text, at: start) == nil, "\(index)")
        }
        for text in ["", "A", "====", String(repeating: "A", count: 118), String(repeating: "A", count: 5000)] {
            #expect(seal.session(in: text, at: start) == nil)
        }
    }

    @Test("a session is renewed in its second half, and ends twelve hours after it began, whoever looks")
    func renewal() throws {
        let session = session(at: start)
        #expect(session.renewed(at: start.addingTimeInterval(60)) == nil)
        var last = try #require(session.renewed(at: start.addingTimeInterval(16 * 60)))
        #expect(last.ends == session.ends + 16 * 60)
        var moment = start.addingTimeInterval(16 * 60)
        while !last.isOver(at: moment) {
            moment.addTimeInterval(20 * 60)
            if let next = last.renewed(at: moment), !last.isOver(at: moment) { last = next }
        }
        #expect(last.ends == session.begun + 12 * 3600)
        #expect(!session.isUsedUp(at: start.addingTimeInterval(12 * 3600 - 1)) && session.isUsedUp(at: start.addingTimeInterval(12 * 3600)))
        #expect(OperatorSession(bytes: last.bytes) == last)
    }

    @Test("a form's token is good for its session, renewed or not, and for no other")
    func forms() throws {
        let session = session(at: start)
        let token = seal.formToken(of: session)
        let renewed = try #require(session.renewed(at: start.addingTimeInterval(20 * 60)))
        #expect(seal.isGood(formToken: token, of: session) && seal.isGood(formToken: token, of: renewed))
        #expect(!seal.isGood(formToken: token, of: OperatorSession(token: session.token, workspace: session.workspace, now: start)))
        #expect(!seal.isGood(formToken: "", of: session) && !seal.isGood(formToken: seal.cookie(of: session), of: session))
        let word = SessionSeal.word()
        #expect(seal.isGood(loginToken: seal.loginToken(for: word), for: word))
        #expect(!seal.isGood(loginToken: seal.loginToken(for: word), for: SessionSeal.word()))
        #expect(!seal.isGood(formToken: seal.loginToken(for: word), of: session))
    }

    @Test("signing in leads to a page of ours, whatever the address says")
    func next() {
        for good in ["/ops", "/ops/jobs?kind=a", "/ops?refresh=5", "/ops/dead-letters/replay?code=x%20y"] {
            #expect(OperationsPages.safe(good) == good)
        }
        let others: [String?] = [
            nil, "", "//evil.example/ops", "https://evil.example", "/opsx", "/ops/login", "/ops/events", "/v1/tokens", "/ops/\r\nSet-Cookie: a=b",
            "/ops/\\evil",
        ]
        for bad in others {
            #expect(OperationsPages.safe(bad) == "/ops", "\(bad ?? "nothing")")
        }
    }
}
