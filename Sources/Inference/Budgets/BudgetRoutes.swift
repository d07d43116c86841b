import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import Web
import Workspaces

/// Budgets of runs and what was used of them, over HTTP.
struct BudgetRoutes: Sendable {
    let store: BudgetStore

    var routes: APIRoutes {
        var routes = APIRoutes()
        routes.on(Self.show) { _, context in
            try await body(of: context.identity.workspace, context)
        }
        routes.on(Self.set) { request, context in
            let budget = try await request.readJSON(RunBudgetRequest.self, in: context).value.checked()
            let workspace = context.identity.workspace
            try await store.set(budget, of: workspace, workspace: workspace, by: context.identity.actor)
            return try await body(of: workspace, context)
        }
        routes.on(Self.showOfToken) { _, context in
            try await body(of: try await token(context), context)
        }
        routes.on(Self.setOfToken) { request, context in
            let holder = try await token(context)
            let budget = try await request.readJSON(RunBudgetRequest.self, in: context).value.checked()
            try await store.set(budget, of: holder, workspace: context.identity.workspace, by: context.identity.actor)
            return try await body(of: holder, context)
        }
        routes.on(Self.usage) { request, context in
            let days = try Query(request).integer("days", in: 1...400) ?? 30
            let found = try await store.usage(workspace: context.identity.workspace, days: days)
            return RunUsageBody(items: found.map { RunUsageBody.Row($0) })
        }
        return routes
    }

    private func body(of holder: UUID, _ context: IdentifiedContext) async throws -> RunBudgetBody {
        guard let standing = try await store.standing(of: holder, workspace: context.identity.workspace) else {
            throw Problem.notFound("The workspace is gone.")
        }
        return RunBudgetBody(standing)
    }

    /// - Throws: 404 for a token that the workspace does not have.
    private func token(_ context: IdentifiedContext) async throws -> UUID {
        let id = try context.pathID()
        guard try await store.hasToken(id, workspace: context.identity.workspace) else {
            throw Problem.notFound("The workspace has no such token.")
        }
        return id
    }

    // MARK: Descriptions

    private static let admin = "workspace:admin"
    private static let setting = """
        What is left out is not bounded, and an empty object takes the budget away. It holds for runs that are asked for a second later; \
        what is under way is carried to its end.
        """

    static let show = APIOperation(
        .get, "/v1/workspace/run-budget", summary: "Show what the workspace's runs may use", tag: "Budgets", scope: "runs:read",
        answers: [.init(.ok, "The budget and what was used.", schema: RunBudgetBody.schema)])
    static let set = APIOperation(
        .put, "/v1/workspace/run-budget", summary: "Bound what the workspace's runs may use", description: setting, tag: "Budgets", scope: admin,
        request: .init(RunBudgetRequest.schema, limit: 16 * 1024), answers: [.init(.ok, "It is set.", schema: RunBudgetBody.schema)])
    static let showOfToken = APIOperation(
        .get, "/v1/tokens/{id}/run-budget", summary: "Show what a token's runs may use", tag: "Budgets", scope: "runs:read",
        answers: [.init(.ok, "The budget and what was used.", schema: RunBudgetBody.schema)], problems: [.notFound])
    static let setOfToken = APIOperation(
        .put, "/v1/tokens/{id}/run-budget", summary: "Bound what a token's runs may use", description: setting, tag: "Budgets", scope: admin,
        request: .init(RunBudgetRequest.schema, limit: 16 * 1024), answers: [.init(.ok, "It is set.", schema: RunBudgetBody.schema)],
        problems: [.notFound])
    static let usage = APIOperation(
        .get, "/v1/workspace/run-usage", summary: "List what runs have used, by day and token", tag: "Budgets", scope: "runs:read",
        parameters: [.init("days", in: .query, "Days back, today among them; 30 without it.", schema: .integer(minimum: 1, maximum: 400))],
        answers: [.init(.ok, "The latest day first.", schema: RunUsageBody.schema)])
}
