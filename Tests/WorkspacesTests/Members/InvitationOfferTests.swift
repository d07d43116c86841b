import Foundation
import HTTPTypes
import Logging
import TestSupport
import Testing
import Web

@testable import Workspaces

@Suite("What an invitation offers, and the token of whoever accepts", .timeLimit(.minutes(1)))
struct InvitationOfferTests {
    private func invite(_ fixture: TokensFixture, email: String? = nil, days: Int = 7, inviter: UUID?) async throws -> InvitationStore.Made {
        try await fixture.invitations.create(
            workspace: fixture.acme.workspace.id, role: .maintainer, email: email, days: days, inviter: inviter, as: .owner)
    }

    @Test("whoever has the code is told where to, as what, by whom and until when, and that changes nothing")
    func offer() async throws {
        let fixture = try await TokensFixture.make()
        let made = try await invite(fixture, email: "guest@guests.example", inviter: fixture.acme.owner.id)
        for _ in 0..<2 {
            let offer = try await fixture.invitations.offer(of: made.secret)
            #expect(offer.workspace == fixture.acme.workspace && offer.role == .maintainer && offer.email == "guest@guests.example")
            #expect(offer.inviter == "Owner of acme" && offer.expiresAt == made.invitation.expiresAt)
        }
        let byNobody = try await fixture.invitations.offer(of: try await invite(fixture, inviter: nil).secret)
        #expect(byNobody.inviter == nil && byNobody.email == nil)
        #expect(try await fixture.workspaces.members(of: fixture.acme.workspace.id).count == 1)
    }

    @Test("one that was accepted or revoked, has expired, or is of a deleted workspace offers what one that never was does: nothing")
    func closed() async throws {
        let fixture = try await TokensFixture.make()
        let (workspace, store) = (fixture.acme.workspace.id, fixture.invitations)
        let (accepted, revoked) = (try await invite(fixture, inviter: nil), try await invite(fixture, inviter: nil))
        let (expired, fresh) = (try await invite(fixture, days: 1, inviter: nil), try await invite(fixture, inviter: nil))
        _ = try await store.accept(accepted.secret, name: "Guest", email: nil)
        try await store.revoke(revoked.invitation.id, workspace: workspace)
        try await fixture.moveTime(by: 86_401)
        for secret in [TokenSecret(.invitation), accepted.secret, revoked.secret, expired.secret] {
            #expect(await refusal { try await store.offer(of: secret) } == .unknownInvitation)
        }
        _ = try await store.offer(of: fresh.secret)
        _ = try await fixture.workspaces.delete(workspace, grace: .standard, by: .tester)
        #expect(await refusal { try await store.offer(of: fresh.secret) } == .unknownInvitation)
        let off = InvitationStore(pool: fixture.pool, multiUser: false)
        #expect(await refusal { try await off.offer(of: fresh.secret) } == .multiUserOff)
    }

    @Test("the first token never expires unless whoever accepts says when")
    func expiry() async throws {
        let fixture = try await TokensFixture.make()
        let forever = try await fixture.invitations.accept(try await invite(fixture, inviter: nil).secret, name: "Guest", email: nil)
        let end = Date(timeIntervalSince1970: (Date().timeIntervalSince1970 + 86_400).rounded())
        let bounded = try await fixture.invitations.accept(
            try await invite(fixture, inviter: nil).secret, name: "Guest", email: nil, expiresAt: end)
        #expect(forever.token.expiresAt == nil && bounded.token.expiresAt == end)
        #expect(try await fixture.scopes(of: bounded.secret) != nil)
        try await fixture.moveTime(by: 86_460)
        let verdict = try await fixture.tokens.verdict(hash: bounded.secret.hash)
        #expect(verdict == .expired)
        #expect(try await fixture.scopes(of: forever.secret) != nil)
    }

    @Test("over HTTP it is expires_at, and a time that has passed is refused")
    func http() async throws {
        let fixture = try await TokensFixture.make()
        let secret = try await invite(fixture, inviter: nil).secret.text
        try await fixture.asking { ask async throws in
            let past = #"{"token":"\#(secret)","name":"Guest","expires_at":"2020-01-01T00:00:00Z"}"#
            let refused = try await ask(.post, "/v1/invitations/accept", past)
            #expect(refused.status == .unprocessableContent && refused.pointers == ["#/expires_at"])
            let wish = #"{"token":"\#(secret)","name":"Guest","expires_at":"2999-01-01T00:00:00Z"}"#
            let accepted = try await ask(.post, "/v1/invitations/accept", wish)
            #expect(accepted.status == .created && accepted.json["token"]?["expires_at"]?.string?.hasPrefix("2999-01-01T00:00:00") == true)
        }
    }

    @Test("on a page it is days, within the bounds of every token; and a code that was accepted is as unknown as any other")
    func days() async throws {
        let fixture = try await TokensFixture.make()
        let workspaces = Workspaces(pool: fixture.pool, multiUser: true, logger: Logger(label: "test.invitations"))
        let (code, now) = (try await invite(fixture, inviter: nil).secret.text, Date())
        for days in [0, -1, Token.days.upperBound + 1, Int.max] {
            let problem = await #expect(throws: Problem.self, "\(days)") {
                try await workspaces.accept(code, name: "Guest", email: nil, days: days, now: now)
            }
            #expect(problem?.errors.map(\.place) == [.pointer("#/days")], "\(days)")
        }
        let accepted = try await workspaces.accept(code, name: "Guest", email: nil, days: 30, now: now)
        let life = try #require(accepted.token.expiresAt).timeIntervalSince(now)
        #expect(abs(life - 30 * 86_400) < 1)
        for code in [code, TokenSecret(.invitation).text, "msi_nothing", ""] {
            #expect(await refusal { try await workspaces.accept(code, name: "Guest", email: nil, days: nil) } == .unknownInvitation)
            #expect(await refusal { try await workspaces.offer(of: code) } == .unknownInvitation)
        }
    }
}
