import Foundation
import Postgres
import TestSupport
import Testing

@testable import Workspaces

@Suite("Members in the database", .timeLimit(.minutes(1)))
struct MemberStoreTests {
    private func roles(_ fixture: TokensFixture) async throws -> [String: Member.Role] {
        let members = try await fixture.workspaces.members(of: fixture.acme.workspace.id)
        return Dictionary(uniqueKeysWithValues: members.map { ($0.user.name, $0.role) })
    }

    @Test("a token that is made for a member has no scope beyond its role, and nobody else's token has a member's user")
    func made() async throws {
        let fixture = try await TokensFixture.make()
        let workspace = fixture.acme.workspace.id
        let bob = try await fixture.join("bob", as: .member)
        let before = try await fixture.tokens.list(workspace: workspace, limit: 10).count
        let beyond = await #expect(throws: WorkspaceError.self) {
            try await fixture.tokens.create(
                workspace: workspace, user: bob.member.user.id, name: "beyond", scopes: [.jobsRead, .tokensAdmin, .operator], by: .tester)
        }
        #expect(beyond?.code == .roleTooLow)
        #expect(beyond?.message.contains("operator, tokens:admin") == true)
        let stranger = await #expect(throws: WorkspaceError.self) {
            try await fixture.tokens.create(
                workspace: workspace, user: fixture.other.owner.id, name: "strange", scopes: [.jobsRead], by: .tester)
        }
        #expect(stranger?.code == .unknownMember)
        #expect(try await fixture.tokens.list(workspace: workspace, limit: 10).count == before)
    }

    @Test("a role that is lowered takes scopes from the member's tokens at once, and gives them back when it is raised")
    func lowered() async throws {
        let fixture = try await TokensFixture.make()
        let workspace = fixture.acme.workspace.id
        let bob = try await fixture.join("bob", as: .maintainer)
        func words(_ role: Member.Role) -> Set<String> { Set(role.scopes.map(\.rawValue)) }
        #expect(try await fixture.scopes(of: bob.secret) == words(.maintainer))
        #expect(try await fixture.members.change(bob.member.id, to: .viewer, in: workspace, as: .owner, by: .tester).role == .viewer)
        #expect(try await fixture.scopes(of: bob.secret) == words(.viewer))
        #expect(try await fixture.tokens.standing(of: bob.token.id, workspace: workspace)?.scopes == words(.viewer))
        // What it was given is still written down.
        _ = try await fixture.members.change(bob.member.id, to: .owner, in: workspace, as: .owner, by: .tester)
        #expect(try await fixture.scopes(of: bob.secret) == words(.maintainer))
        // Others keep theirs.
        #expect(try await fixture.scopes(of: fixture.acme.secret) == words(.owner))
    }

    @Test("the last owner can neither leave nor be lowered; of two, one can")
    func lastOwner() async throws {
        let fixture = try await TokensFixture.make()
        let workspace = fixture.acme.workspace.id
        let owner = try await fixture.member(fixture.acme.owner)
        for role in [Member.Role.viewer, .member, .maintainer] {
            let error = await #expect(throws: WorkspaceError.self) {
                try await fixture.members.change(owner.id, to: role, in: workspace, as: .owner, by: .tester)
            }
            #expect(error?.code == .lastOwner, "\(role)")
        }
        let leaving = await #expect(throws: WorkspaceError.self) {
            try await fixture.members.remove(owner.id, from: workspace, as: .owner, by: .tester)
        }
        #expect(leaving?.code == .lastOwner)
        #expect(try await fixture.members.change(owner.id, to: .owner, in: workspace, as: .owner, by: .tester).role == .owner)
        _ = try await fixture.join("bob", as: .owner)
        #expect(try await fixture.members.change(owner.id, to: .viewer, in: workspace, as: .owner, by: .tester).role == .viewer)
        #expect(try await roles(fixture) == ["Owner of acme": .viewer, "bob": .owner])
    }

    @Test("of owners who go at the same moment, one stays")
    func atOnce() async throws {
        let fixture = try await TokensFixture.make()
        let workspace = fixture.acme.workspace.id
        for round in 0..<8 {
            let owners = try await withThrowingTaskGroup(of: Guest.self) { group in
                for name in ["ann", "bob", "cid"] { group.addTask { try await fixture.join("\(name)\(round)", as: .owner) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let all = try await fixture.workspaces.members(of: workspace).filter { $0.role == .owner }
            #expect(all.count == owners.count + 1)
            // Half of them leave, half are lowered, all at once.
            let refused = await withTaskGroup(of: WorkspaceError.Code?.self) { group in
                for (number, owner) in all.enumerated() {
                    group.addTask {
                        do {
                            if number.isMultiple(of: 2) {
                                try await fixture.members.remove(owner.id, from: workspace, as: .owner, by: .tester)
                            } else {
                                _ = try await fixture.members.change(owner.id, to: .viewer, in: workspace, as: .owner, by: .tester)
                            }
                            return nil
                        } catch {
                            return (error as? WorkspaceError)?.code
                        }
                    }
                }
                return await group.reduce(into: [WorkspaceError.Code]()) { codes, code in if let code { codes.append(code) } }
            }
            #expect(refused == [.lastOwner], "round \(round)")
            #expect(try await fixture.workspaces.members(of: workspace).filter { $0.role == .owner }.count == 1, "round \(round)")
        }
    }

    @Test("a transfer makes one an owner and the other a maintainer, or does nothing")
    func transfer() async throws {
        let fixture = try await TokensFixture.make()
        let (workspace, ann) = (fixture.acme.workspace.id, fixture.acme.owner)
        let bob = try await fixture.join("bob", as: .viewer)
        let toOwner = try await fixture.invitations.create(workspace: workspace, role: .owner, email: nil, inviter: ann.id, as: .owner)
        let toMember = try await fixture.invitations.create(workspace: workspace, role: .member, email: nil, inviter: ann.id, as: .owner)

        let unknown = await #expect(throws: WorkspaceError.self) {
            try await fixture.members.transfer(workspace, to: UUID(), from: ann.id, by: .tester)
        }
        #expect(unknown?.code == .unknownMember)
        #expect(try await roles(fixture) == ["Owner of acme": .owner, "bob": .viewer])

        let owner = try await fixture.members.transfer(workspace, to: bob.member.id, from: ann.id, by: .tester)
        #expect(owner.user == bob.member.user && owner.role == .owner)
        #expect(try await roles(fixture) == ["Owner of acme": .maintainer, "bob": .owner])
        #expect(try await fixture.scopes(of: fixture.acme.secret)?.contains("workspace:admin") == false)
        // Who is no owner any more has invited no owner.
        let states = try await fixture.invitations.list(workspace: workspace, limit: 10).map { ($0.id, $0.state) }
        #expect(Dictionary(uniqueKeysWithValues: states) == [toOwner.invitation.id: .revoked, toMember.invitation.id: .open])
    }

    @Test("a transfer to oneself changes nothing; one by the command line leaves one owner")
    func otherTransfers() async throws {
        let fixture = try await TokensFixture.make()
        let workspace = fixture.acme.workspace.id
        let ann = try await fixture.member(fixture.acme.owner)
        _ = try await fixture.members.transfer(workspace, to: ann.id, from: ann.user.id, by: .tester)
        #expect(try await roles(fixture) == ["Owner of acme": .owner])
        _ = try await fixture.join("bob", as: .owner)
        let cid = try await fixture.join("cid", as: .member)
        _ = try await fixture.members.transfer(workspace, to: cid.member.id, from: nil, by: .tester)
        #expect(try await roles(fixture) == ["Owner of acme": .maintainer, "bob": .maintainer, "cid": .owner])
    }

    @Test("who leaves takes its tokens and its open invitations along, and nobody else's")
    func leaving() async throws {
        let fixture = try await TokensFixture.make()
        let workspace = fixture.acme.workspace.id
        let bob = try await fixture.join("bob", as: .maintainer)
        let cid = try await fixture.join("cid", as: .maintainer)
        let mine = try await fixture.invitations.create(
            workspace: workspace, role: .viewer, email: nil, inviter: bob.member.user.id, as: .maintainer)
        let other = try await fixture.invitations.create(
            workspace: workspace, role: .viewer, email: nil, inviter: cid.member.user.id, as: .maintainer)
        try await fixture.members.remove(bob.member.id, from: workspace, as: .maintainer, by: .tester)
        #expect(try await fixture.scopes(of: bob.secret) == nil)
        #expect(try await fixture.scopes(of: cid.secret) != nil)
        let states = try await fixture.invitations.list(workspace: workspace, limit: 10).map { ($0.id, $0.state) }
        #expect(Dictionary(uniqueKeysWithValues: states) == [mine.invitation.id: .revoked, other.invitation.id: .open])
    }

    @Test("a maintainer does nothing to owners, and makes none")
    func below() async throws {
        let fixture = try await TokensFixture.make()
        let workspace = fixture.acme.workspace.id
        let owner = try await fixture.member(fixture.acme.owner)
        let bob = try await fixture.join("bob", as: .maintainer)
        #expect(await refusal { try await fixture.members.change(owner.id, to: .viewer, in: workspace, as: .maintainer, by: .tester) } == .roleTooLow)
        #expect(await refusal { try await fixture.members.remove(owner.id, from: workspace, as: .maintainer, by: .tester) } == .roleTooLow)
        let making = await refusal {
            try await fixture.members.change(bob.member.id, to: .owner, in: workspace, as: .maintainer, by: .tester)
        }
        #expect(making == .roleTooLow)
        #expect(try await fixture.members.change(bob.member.id, to: .member, in: workspace, as: .maintainer, by: .tester).role == .member)
    }

    @Test("another workspace's members are unknown, and not changed")
    func foreign() async throws {
        let fixture = try await TokensFixture.make()
        let (acme, other) = (fixture.acme.workspace.id, fixture.other.workspace.id)
        let theirs = try #require(try await fixture.workspaces.members(of: other).first)
        #expect(await refusal { try await fixture.members.change(theirs.id, to: .viewer, in: acme, as: .owner, by: .tester) } == .unknownMember)
        #expect(await refusal { try await fixture.members.remove(theirs.id, from: acme, as: .owner, by: .tester) } == .unknownMember)
        #expect(await refusal { try await fixture.members.transfer(acme, to: theirs.id, from: nil, by: .tester) } == .unknownMember)
        #expect(try await fixture.workspaces.members(of: other) == [theirs])
        #expect(try await roles(fixture) == ["Owner of acme": .owner])
    }

    @Test("with multi-user off members are read and not changed")
    func multiUserOff() async throws {
        let fixture = try await TokensFixture.make()
        let store = MemberStore(pool: fixture.pool, multiUser: false)
        let owner = try await fixture.member(fixture.acme.owner)
        #expect(try await store.page(of: fixture.acme.workspace.id, limit: 10) == [owner])
        let error = await #expect(throws: WorkspaceError.self) {
            try await store.change(owner.id, to: .owner, in: fixture.acme.workspace.id, as: .owner, by: .tester)
        }
        #expect(error?.code == .multiUserOff)
    }
}
