import Foundation
import Postgres
import TestSupport
import Testing
import Web

@testable import Workspaces

@Suite("Erasing a person", .timeLimit(.minutes(1)))
struct PersonStoreTests {
    @Test("name and address are replaced, memberships and their tokens go, and nobody else's")
    func erasing() async throws {
        let fixture = try await TokensFixture.make()
        let bob = try await fixture.join("bob", as: .maintainer)
        let (acme, other, user) = (fixture.acme.workspace.id, fixture.other.workspace.id, bob.member.user)
        try await fixture.workspaces.add(user: user.id, to: other, role: .viewer, by: .tester)
        // By it, to it, accepted by it, and somebody else's.
        let byBob = try await fixture.invitations.create(workspace: acme, role: .viewer, email: nil, inviter: user.id, as: .maintainer)
        let toBob = try await fixture.invitations.create(workspace: other, role: .viewer, email: "BOB@acme.example", inviter: nil, as: .owner)
        let foreign = try await fixture.invitations.create(workspace: acme, role: .viewer, email: "eve@x.example", inviter: nil, as: .owner)

        let store = PersonStore(pool: fixture.pool)
        #expect(try await store.erase(user.id, by: .tester) == 2)
        #expect(try await store.find(user.id) == User(id: user.id, name: PersonStore.erasedName, email: nil))
        #expect(try await fixture.workspaces.findUser(email: "bob@acme.example") == nil)
        #expect(try await fixture.count("select count(*) from users where erased_at is not null") == 1)
        #expect(try await fixture.scopes(of: bob.secret) == nil)
        #expect(try await fixture.scopes(of: fixture.acme.secret) != nil)
        #expect(try await fixture.workspaces.members(of: acme).map(\.user) == [fixture.acme.owner])
        #expect(try await fixture.workspaces.members(of: other).map(\.user) == [fixture.other.owner])

        #expect(await refusal { try await fixture.invitations.accept(byBob.secret, name: "Guest", email: nil) } == .unknownInvitation)
        #expect(await refusal { try await fixture.invitations.accept(toBob.secret, name: "Guest", email: nil) } == .unknownInvitation)
        #expect(try await fixture.invitations.list(workspace: other, limit: 1).first?.email == nil)
        #expect(try await fixture.invitations.accept(foreign.secret, name: "Eve", email: nil).member.user.email == "eve@x.example")
        // Its address is in no table of people and places.
        for table in ["users", "members", "invitations"] {
            #expect(try await fixture.count("select count(*) from \(table) t where t::text ilike '%bob@%'") == 0, "\(table)")
        }
        #expect(try await store.erase(user.id, by: .tester) == 0)
    }

    @Test("a person takes along what is kept of it in all workspaces: no secret, and of others no name and no address")
    func export() async throws {
        let fixture = try await TokensFixture.make()
        let bob = try await fixture.join("bob", as: .maintainer)
        let (acme, other, user) = (fixture.acme.workspace.id, fixture.other.workspace.id, bob.member.user)
        try await fixture.workspaces.add(user: user.id, to: other, role: .viewer, by: .tester)
        _ = try await fixture.invitations.create(workspace: acme, role: .viewer, email: "eve@x.example", inviter: user.id, as: .maintainer)
        _ = try await fixture.invitations.create(workspace: other, role: .viewer, email: "BOB@acme.example", inviter: nil, as: .owner)
        _ = try await fixture.invitations.create(workspace: acme, role: .viewer, email: "zoe@x.example", inviter: nil, as: .owner)
        let identity = ExternalIdentity(issuer: "https://login.example", subject: "sub-7")
        #expect(try await ExternalIdentityStore(pool: fixture.pool).link(identity, user: user.id, by: .tester))
        // Something that its token did, and something that it did not.
        _ = try await fixture.tokens.create(
            workspace: acme, user: nil, name: "by bob", scopes: [.jobsRead], by: .token(bob.token.id))
        _ = try await fixture.tokens.create(workspace: acme, user: nil, name: "by nobody", scopes: [.jobsRead], by: .tester)

        let store = PersonStore(pool: fixture.pool)
        let lines = try await store.export(user.id, by: .tester)
        let rows = try lines.map { line -> (table: String, row: JSONValue) in
            let document = try JSONBody.decode(JSONValue.self, from: Array(line.utf8))
            return (try #require(document["table"]?.string), try #require(document["row"]))
        }
        let counts = Dictionary(grouping: rows) { $0.table }.mapValues(\.count)
        let log = "select count(*) from access_log where subject = 'member:\(user.id.uuidString.lowercased())'"
        // Its joinings, the token that it was given, the one that its token made, its account, and that it takes this along.
        let entries = try await fixture.count(log) + 4
        #expect(counts == ["users": 1, "external_identities": 1, "members": 2, "tokens": 1, "invitations": 2, "access_log": entries])
        #expect(rows.first?.row["name"] == "bob" && rows.first?.row["email"] == "bob@acme.example")
        #expect(rows.filter { $0.table == "members" }.compactMap { $0.row["workspace"]?.string }.sorted() == ["acme", "other"])
        #expect(rows.first { $0.table == "tokens" }?.row["created_at"]?.string?.hasSuffix("+00:00") == true)
        let text = lines.joined()
        for hidden in ["eve@", "zoe@", "owner@", "Owner of", "by nobody", bob.secret.text, "hash"] { #expect(!text.contains(hidden), "\(hidden)") }
        #expect(text.contains("sub-7"))

        _ = try await store.erase(user.id, by: .tester)
        #expect(await refusal { try await store.export(user.id, by: .tester) } == .unknownUser)
        #expect(await refusal { try await store.export(UUID(), by: .tester) } == .unknownUser)
    }

    @Test("an address that was accepted for is forgotten with its person")
    func accepted() async throws {
        let fixture = try await TokensFixture.make()
        let made = try await fixture.invitations.create(
            workspace: fixture.acme.workspace.id, role: .viewer, email: "new@guests.example", inviter: nil, as: .owner)
        let guest = try await fixture.invitations.accept(made.secret, name: "New", email: nil).member.user
        #expect(try await PersonStore(pool: fixture.pool).erase(guest.id, by: .tester) == 1)
        let listed = try await fixture.invitations.list(workspace: fixture.acme.workspace.id, limit: 1).first
        #expect(listed?.state == .accepted && listed?.email == nil && listed?.acceptedBy == guest.id)
    }

    @Test("the last owner of a workspace is not erased, and then nothing is done; of a deleted one it is")
    func lastOwner() async throws {
        let fixture = try await TokensFixture.make()
        let (store, owner) = (PersonStore(pool: fixture.pool), fixture.acme.owner)
        try await fixture.workspaces.add(user: owner.id, to: fixture.other.workspace.id, role: .viewer, by: .tester)
        let error = await #expect(throws: WorkspaceError.self) { try await store.erase(owner.id, by: .tester) }
        #expect(error?.code == .lastOwner && error?.message.contains("acme") == true && error?.message.contains("other") == false)
        #expect(try await store.find(owner.id) == owner)
        #expect(try await fixture.workspaces.members(of: fixture.other.workspace.id).count == 2)
        _ = try await fixture.workspaces.delete(fixture.acme.workspace.id, grace: .standard, by: .tester)
        #expect(try await store.erase(owner.id, by: .tester) == 2)
    }

    @Test("nobody is erased who is not there")
    func unknown() async throws {
        let fixture = try await TokensFixture.make()
        #expect(await refusal { try await PersonStore(pool: fixture.pool).erase(UUID(), by: .tester) } == .unknownUser)
    }
}
