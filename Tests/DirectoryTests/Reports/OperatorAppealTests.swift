import Foundation
import HTTPTypes
import TestSupport
import Testing
import Web

@testable import Directory
@testable import Workspaces

@Suite("Appeals and the operators who decide them")
struct OperatorAppealTests {
    private static func token(of holder: Operator, in fixture: ReportsFixture) async throws -> TokenStore.Made {
        try await TokenStore(pool: fixture.pool).create(
            workspace: Workspace.defaultID, user: nil, operator: holder, name: holder.name, scopes: [.directoryModerate], by: .system("test"))
    }

    @Test("whoever decided first does not decide the appeal with another token or a rotated one; another operator does", .timeLimit(.minutes(1)))
    func sameOperator() async throws {
        try await ReportsFixture.with { fixture in
            let operators = OperatorStore(pool: fixture.pool)
            let (zoe, lea) = (try await operators.named("Zoe"), try await operators.named("lea"))
            let (first, second) = (try await Self.token(of: zoe, in: fixture), try await Self.token(of: zoe, in: fixture))
            let other = try await Self.token(of: lea, in: fixture)
            let rotated = try await TokenStore(pool: fixture.pool).rotate(
                first.token.id, workspace: Workspace.defaultID, for: nil, by: .system("test"))
            let secrets = try [first, second, rotated].map { try #require($0.secret?.text) }
            let others = try #require(other.secret?.text)
            try await fixture.asking { ask in
                let decided = try await ask.decide(try await fixture.reported(ask), "remove", as: secrets[0])
                #expect(decided.status == .ok)
                _ = try await ask.appeal(fixture.eliza)
                let appeal = try #require(try await ask.cases().first?["case"]?.string)
                for secret in secrets {
                    let same = try await ask.decide(appeal, "restore", as: secret)
                    #expect(same.status == .forbidden && same.json["type"] == "urn:mainstay:problem:same-operator")
                }
                // As the release before operators wrote it down.
                _ = try await fixture.database.psql("update agent_cases set decided_by_operator = null where decided_at is not null")
                let before = try await ask.decide(appeal, "restore", as: secrets[1])
                #expect(before.status == .forbidden)
                let after = try await ask.decide(appeal, "restore", as: others)
                #expect(after.status == .ok)
            }
            let told = try await fixture.text(
                """
                select string_agg(actor_kind || ':' || actor || ' ' || (details->>'token'), ',' order by sequence)
                from access_log where action like 'agent.%'
                """)
            #expect(told == "operator:zoe \(first.token.id.uuidString.lowercased()),operator:lea \(other.token.id.uuidString.lowercased())")
        }
    }
}
