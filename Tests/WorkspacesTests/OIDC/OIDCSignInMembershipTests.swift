import Foundation
import Testing
import Web

@testable import Workspaces

@Suite("Whom a sign-in at the issuer lets in", .timeLimit(.minutes(2)))
struct OIDCSignInMembershipTests {
    @Test("an account that is nobody's, and one whose user is no member, have no place; an address links where it may")
    func outsiders() async throws {
        let strict = try await SignInFixture.make(linksByEmail: false, isLinked: false)
        try await strict.browsing { (browser) async throws in
            let answer = try await strict.comeIn(with: browser)
            #expect(answer.words == "outsider unknown(linksByEmail: false, hasEmail: true)")
            #expect(try await strict.tokens.count("select count(*) from external_identities") == 0)
        }
        let fixture = try await SignInFixture.make(isLinked: false)
        let guest = try await fixture.tokens.workspaces.createUser(name: "Guest", email: "guest@acme.example")
        try await fixture.browsing { (browser) async throws in
            let unverified = try await fixture.comeIn(with: browser, ["email_verified": false])
            #expect(unverified.words == "outsider unknown(linksByEmail: true, hasEmail: false)")
            let none = try await fixture.comeIn(with: browser, ["sub": "guest", "email": "guest@acme.example"])
            #expect(none.words == "outsider notMember" && fixture.noted.strangers.isEmpty)
            #expect(try await fixture.tokens.count("select count(*) from external_identities where user_id = '\(guest.id)'") == 1)
            // Who was linked by an address just now sees where that leads, and comes in; from then on at once.
            let first = try await fixture.comeIn(with: browser, ["workspace": "acme"])
            #expect(first.words.hasPrefix("several acme "))
            let form = try #require(first.words.split(separator: " ").last.map(String.init))
            #expect(try await browser.choose("acme", form: form, cookie: first.cookie).words == "member acme owner /agents")
            // Its own token of another workspace, and what can be none.
            for slug in ["other", "nowhere", "Not a slug"] {
                let foreign = try await fixture.comeIn(with: browser, ["workspace": .string(slug)])
                #expect(foreign.words == "outsider notMember", "\(slug)")
            }
            #expect(fixture.noted.strangers == ["other", "nowhere", "Not a slug"])
            let own = try await fixture.comeIn(with: browser, ["workspace": "acme"])
            #expect(own.words == "member acme owner /agents")
        }
    }

    @Test("a member of several workspaces chooses one of them, in the browser that signed in and within ten minutes")
    func several() async throws {
        let fixture = try await SignInFixture.make()
        try await fixture.tokens.workspaces.add(
            user: fixture.tokens.acme.owner.id, to: fixture.tokens.other.workspace.id, role: .viewer, by: .tester)
        _ = try await fixture.tokens.workspaces.create(slug: Slug("third"), name: "Third", by: .tester)
        try await fixture.browsing { (browser) async throws in
            let answer = try await fixture.comeIn(with: browser)
            let words = answer.words.split(separator: " ").map(String.init)
            #expect(words.prefix(2) == ["several", "acme,other"])
            #expect(answer.setCookie?.hasSuffix("; Path=/sign-in/oidc/workspace; Max-Age=600; HttpOnly; SameSite=Strict") == true)
            let form = try #require(words.last)
            let strange: [(String, String?)] = [("", answer.cookie), (form, nil), (SessionSeal.word(), answer.cookie)]
            for (token, cookie) in strange {
                let refused = try await browser.choose("other", form: token, cookie: cookie)
                #expect(refused.words == "refused stale")
            }
            let again = try await browser.choose(nil, form: form, cookie: answer.cookie)
            #expect(again.words == answer.words, "the same choice, which ends when it would have")
            let foreign = try await browser.choose("third", form: form, cookie: answer.cookie)
            #expect(foreign.words == "outsider notMember" && fixture.noted.strangers == ["third"])
            let chosen = try await browser.choose("other", form: form, cookie: answer.cookie)
            #expect(chosen.words == "member other viewer /agents")
            // What an attempt is kept by is no choice.
            let attempt = try await browser.begin().cookie.replacing("mainstay_oidc=", with: "mainstay_oidc_choice=")
            let mixed = try await browser.choose("other", form: form, cookie: attempt)
            #expect(mixed.words == "refused stale")
            fixture.oidc.clock.advance(by: .seconds(600))
            let late = try await browser.choose("other", form: form, cookie: answer.cookie)
            #expect(late.words == "refused stale")
        }
    }

    @Test("an owner is offered what was deleted as long as it can be restored, and nobody else is")
    func restorable() async throws {
        let fixture = try await SignInFixture.make()
        let (acme, other) = (fixture.tokens.acme.workspace.id, fixture.tokens.other.workspace.id)
        let workspaces = fixture.tokens.workspaces
        try await workspaces.add(user: fixture.tokens.acme.owner.id, to: other, role: .maintainer, by: .tester)
        _ = try await workspaces.delete(other, grace: .standard, by: .tester)
        try await fixture.browsing { (browser) async throws in
            let only = try await fixture.comeIn(with: browser)
            #expect(only.words == "member acme owner /agents", "a maintainer restores nothing")
            _ = try await workspaces.delete(acme, grace: .standard, by: .tester)
            let answer = try await fixture.comeIn(with: browser)
            let words = answer.words.split(separator: " ").map(String.init)
            #expect(words.prefix(2) == ["several", "-acme"])
            let form = try #require(words.last)
            for slug in ["other", "nowhere"] {
                let foreign = try await browser.restore(slug, form: form, cookie: answer.cookie)
                #expect(foreign.words == "outsider notMember", "\(slug)")
            }
            #expect(fixture.noted.strangers == ["other", "nowhere"])
            let entered = try await browser.choose("acme", form: form, cookie: answer.cookie)
            #expect(entered.words == "outsider notMember", "nobody enters it before it is restored")
            let stale = try await browser.restore("acme", form: SessionSeal.word(), cookie: answer.cookie)
            #expect(stale.words == "refused stale")
            let again = try await browser.choose(nil, form: form, cookie: answer.cookie)
            #expect(again.words == answer.words)
            let restoring = try await browser.restore("acme", form: form, cookie: answer.cookie)
            #expect(restoring.words == "restoring acme /agents")
            // Its own token names it; and beside one that is in use it is offered as well.
            let named = try await fixture.comeIn(with: browser, ["workspace": "acme"])
            #expect(named.words.hasPrefix("several -acme "))
            _ = try await workspaces.restore(other, by: .tester)
            let both = try await fixture.comeIn(with: browser)
            #expect(both.words.hasPrefix("several other,-acme "))
            // Somebody else was quicker.
            _ = try await workspaces.restore(acme, by: .tester)
            let quick = try await browser.restore("acme", form: form, cookie: answer.cookie)
            #expect(quick.words == "member acme owner /agents")
            // Too late.
            _ = try await workspaces.delete(acme, grace: .standard, by: .tester)
            try await fixture.tokens.moveTime(by: 31 * 86_400)
            let late = try await fixture.comeIn(with: browser)
            #expect(late.words == "member other maintainer /agents")
        }
    }

    @Test("where there is one workspace only, no other one is entered")
    func single() async throws {
        let fixture = try await SignInFixture.make(onlyWorkspace: "other")
        try await fixture.browsing { (browser) async throws in
            let outside = try await fixture.comeIn(with: browser)
            #expect(outside.words == "outsider notMember" && fixture.noted.strangers.isEmpty)
            try await fixture.tokens.workspaces.add(
                user: fixture.tokens.acme.owner.id, to: fixture.tokens.other.workspace.id, role: .viewer, by: .tester)
            let inside = try await fixture.comeIn(with: browser)
            #expect(inside.words == "member other viewer /agents")
        }
    }

    @Test("a session may what the role allows now, and ends with membership, link, workspace, issuer, sign-out and twelve hours")
    func sessions() async throws {
        let fixture = try await SignInFixture.make(isLinked: false)
        let (gate, identities) = (fixture.gate, ExternalIdentityStore(pool: fixture.tokens.pool))
        let (bob, workspace) = (try await fixture.tokens.join("bob", as: .member), fixture.tokens.acme.workspace.id)
        #expect(try await identities.link(fixture.ann, user: bob.member.user.id, by: .tester))
        let session = gate.session(of: fixture.ann.id, in: workspace)
        #expect(session.isOfAccount && !TokenSession(token: bob.token.id, workspace: workspace, now: Date()).isOfAccount)
        func standing() async throws -> TokenStanding? { try await fixture.signIn.standing(of: session.token, workspace: workspace) }
        func isGood() async throws -> Bool { try await gate.isGood(session) }

        let first = try await standing()
        #expect(first?.name == "bob" && first?.scopes == Set(Member.Role.member.scopes.map(\.rawValue)) && first?.operator == nil)
        let identity = try await identities.identity(of: session)
        #expect(identity?.user == bob.member.user.id && identity?.workspaceSlug == "acme" && identity?.scopes == first?.scopes)
        let elsewhere = try await identities.standing(of: fixture.ann.id, at: "https://id.example.net", in: workspace)
        #expect(elsewhere == nil)
        let foreign = try await isGoodElsewhere(fixture, gate)
        #expect(!foreign)
        _ = try await fixture.tokens.members.change(bob.member.id, to: .viewer, in: workspace, as: .owner, by: .tester)
        let lowered = try await standing()
        #expect(lowered?.scopes == Set(Member.Role.viewer.scopes.map(\.rawValue)))

        var good = try await isGood()
        #expect(good)
        #expect(try await identities.unlink(fixture.ann, by: .tester))
        good = try await isGood()
        #expect(!good, "the link")
        #expect(try await identities.link(fixture.ann, user: bob.member.user.id, by: .tester))
        try await fixture.tokens.members.remove(bob.member.id, from: workspace, as: .owner, by: .tester)
        good = try await isGood()
        #expect(!good, "the membership")
        try await fixture.tokens.workspaces.add(user: bob.member.user.id, to: workspace, role: .viewer, by: .tester)
        good = try await isGood()
        #expect(good)
        let second = gate.session(of: fixture.ann.id, in: workspace)
        try await gate.end(second)
        let (ended, other) = (try await gate.isGood(second), try await isGood())
        #expect(!ended && other, "a sign-out ends one session")
        fixture.oidc.clock.advance(by: .seconds(12 * 3600))
        good = try await isGood()
        #expect(!good, "twelve hours")
        let third = gate.session(of: fixture.ann.id, in: workspace)
        _ = try await fixture.tokens.workspaces.delete(workspace, grace: .standard, by: .tester)
        good = try await gate.isGood(third)
        #expect(!good, "the workspace")
    }

    private func isGoodElsewhere(_ fixture: SignInFixture, _ gate: SessionGate) async throws -> Bool {
        try await gate.isGood(gate.session(of: fixture.ann.id, in: fixture.tokens.other.workspace.id))
    }

    @Test("pages that let no accounts in know no session of one")
    func closed() async throws {
        let fixture = try await SignInFixture.make(isLinked: false)
        #expect(try await ExternalIdentityStore(pool: fixture.tokens.pool).link(fixture.ann, user: fixture.tokens.acme.owner.id, by: .tester))
        var gate = fixture.gate
        let session = gate.session(of: fixture.ann.id, in: fixture.tokens.acme.workspace.id)
        let open = try await gate.isGood(session)
        gate.accounts = nil
        let closed = try await gate.isGood(session)
        #expect(open && !closed)
    }
}
