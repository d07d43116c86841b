import Foundation
import HTTPTypes
import Testing
import Web

@testable import Workspaces

@Suite("Roles, and who may make whom what")
struct RoleTests {
    private static let reads: Set<String> = [
        "tickets:read", "agents:read", "runs:read", "memories:read", "profiles:read", "jobs:read", "members:read",
    ]
    private static let writes: Set<String> = ["tickets:write", "agents:write", "runs:write", "memories:write", "profiles:write", "jobs:write"]

    @Test("each role holds what the table says, and no role what is the installation's")
    func table() {
        func words(_ role: Member.Role) -> Set<String> { Set(role.scopes.map(\.rawValue)) }
        #expect(words(.viewer) == Self.reads)
        #expect(words(.member) == Self.reads.union(Self.writes))
        #expect(words(.maintainer) == Self.reads.union(Self.writes).union(["tokens:admin", "members:admin"]))
        #expect(Member.Role.owner.scopes == Scope.workspace)
        for role in Member.Role.allCases { #expect(role.scopes.isSubset(of: Scope.workspace), "\(role)") }
    }

    @Test("each role holds more than the one below it")
    func order() {
        let roles = Member.Role.allCases.sorted()
        #expect(roles == [.viewer, .member, .maintainer, .owner])
        for (lower, higher) in zip(roles, roles.dropFirst()) {
            #expect(lower.scopes.isStrictSubset(of: higher.scopes), "\(lower) and \(higher)")
        }
    }

    @Test("a token may what it was given and its maker's role allows; one of the command line has nobody's role")
    func allowed() {
        let given: Set<String> = ["jobs:read", "jobs:write", "tokens:admin", "operator", "unheard-of"]
        let user = UUID()
        #expect(Member.Role.allowed(given, of: nil, role: nil) == given)
        #expect(Member.Role.allowed(given, of: user, role: "maintainer") == ["jobs:read", "jobs:write", "tokens:admin"])
        #expect(Member.Role.allowed(given, of: user, role: "member") == ["jobs:read", "jobs:write"])
        #expect(Member.Role.allowed(given, of: user, role: "viewer") == ["jobs:read"])
        // Of a release that is newer than this one: as little as there is.
        #expect(Member.Role.allowed(given, of: user, role: "emperor") == ["jobs:read"])
        #expect(Member.Role.allowed(given, of: user, role: nil) == [])
    }

    @Test("a token acts as what its scopes say")
    func authority() {
        func authority(_ scopes: Set<Scope>) -> Member.Role {
            Identity(workspace: UUID(), workspaceSlug: "acme", tokenID: UUID(), user: nil, scopes: Set(scopes.map(\.rawValue))).authority
        }
        #expect(authority([.workspaceAdmin]) == .owner)
        #expect(authority([.membersAdmin]) == .maintainer)
        #expect(authority([.tokensAdmin, .membersRead, .operator]) == .viewer)
    }

    private static let every = Member.Role.allCases

    private func refusal(_ body: () throws -> Void) -> WorkspaceError? {
        do {
            try body()
            return nil
        } catch {
            return error as? WorkspaceError
        }
    }

    @Test("an owner manages all, a maintainer all below owner, others nobody", arguments: Member.Role.allCases)
    func manages(_ authority: Member.Role) {
        for present in Self.every {
            for wanted in Self.every.map(Optional.some) + [nil] {
                let reach = [present] + (wanted.map { [$0] } ?? [])
                let isAllowed =
                    switch authority {
                    case .owner: true
                    case .maintainer: !reach.contains(.owner)
                    case .member, .viewer: false
                    }
                let error = refusal { try MemberRules.check(by: authority, from: present, to: wanted, otherOwners: 1) }
                #expect((error == nil) == isAllowed, "\(authority): \(present) to \(String(describing: wanted))")
                if !isAllowed { #expect(error?.code == .roleTooLow) }
            }
        }
    }

    @Test("the last owner stays one, whoever wants it")
    func lastOwner() {
        for wanted in Self.every.map(Optional.some) + [nil] {
            let error = refusal { try MemberRules.check(by: .owner, from: .owner, to: wanted, otherOwners: 0) }
            let expected: WorkspaceError.Code? = wanted == .owner ? nil : .lastOwner
            #expect(error?.code == expected, "\(String(describing: wanted))")
        }
        #expect(refusal { try MemberRules.check(by: .owner, from: .maintainer, to: nil, otherOwners: 0) } == nil)
    }

    @Test("anyone leaves of its own will, but for the last owner")
    func leaving() {
        for role in Self.every {
            #expect(refusal { try MemberRules.checkLeaving(role, otherOwners: 1) } == nil)
            let error = refusal { try MemberRules.checkLeaving(role, otherOwners: 0) }
            #expect(error?.code == (role == .owner ? .lastOwner : nil), "\(role)")
        }
    }

    @Test("what the rules forbid has a status of its own")
    func problems() {
        let expected: [(WorkspaceError.Code, Int, String?)] = [
            (.lastOwner, 409, "last-owner"), (.roleTooLow, 403, "role-too-low"), (.unknownMember, 404, "not-found"), (.unknownUser, 404, "not-found"),
            (.unknownInvitation, 404, "not-found"), (.invitationAccepted, 409, "invitation-accepted"), (.otherAddress, 422, "invalid"),
            (.workspaceDeleted, 403, "workspace-deleted"), (.defaultWorkspace, 409, "default-workspace"),
            (.restoredTooLate, 409, "restored-too-late"),
        ]
        for (code, status, name) in expected {
            let problem = ProblemMapping.workspaces(WorkspaceError(code, "x"))
            #expect(problem?.status.code == status, "\(code)")
            #expect(problem?.type == name.map { "urn:mainstay:problem:\($0)" }, "\(code)")
        }
    }
}

@Suite("Words about members")
struct MemberWordsTests {
    @Test("an address has a part before and one behind its @", arguments: ["a@b", "ann.lee+x@acme.example", "ü@ö.example"])
    func addresses(_ text: String) {
        #expect(MailAddress.isOne(text))
    }

    @Test(
        "anything else is none",
        arguments: ["", "a", "a@", "@b", "a@b@c", "a b@c", "a@b\n", "a@b\u{00A0}", String(repeating: "a", count: 320) + "@b"])
    func noAddresses(_ text: String) {
        #expect(!MailAddress.isOne(text))
    }

    @Test("the case of letters makes no other address")
    func same() {
        #expect(MailAddress.areSame("Ann@Acme.example", "ann@acme.EXAMPLE"))
        #expect(!MailAddress.areSame("ann@acme.example", "anne@acme.example"))
    }

    @Test(
        "a deleted workspace is kept for a day at least and a year at most",
        arguments: [(0, 1), (-5, 1), (1, 1), (30, 30), (365, 365), (366, 365)])
    func grace(_ days: Int, _ kept: Int) {
        #expect(DeletionGrace(days: days).days == kept)
        #expect(DeletionGrace.standard.days == 30)
    }

    @Test("an invitation's secret is no token's, nor the other way round, though their checksums are made alike")
    func kinds() {
        let (token, invitation) = (TokenSecret(), TokenSecret(.invitation))
        #expect(token.text.hasPrefix("mst_") && invitation.text.hasPrefix("msi_"))
        #expect(TokenSecret(invitation.text) == nil)
        #expect(TokenSecret(token.text, of: .invitation) == nil)
        #expect(TokenSecret(invitation.text, of: .invitation) == invitation)
        #expect(TokenSecret(token.text, of: .token) == token)
        // One character off.
        let changed = String(invitation.text.dropLast()) + (invitation.text.last == "0" ? "1" : "0")
        #expect(TokenSecret(changed, of: .invitation) == nil)
        let marked = "mst_\(invitation.text.dropFirst(4))"
        #expect(TokenSecret(marked) != nil && TokenSecret(marked)?.hash != invitation.hash)
    }
}
