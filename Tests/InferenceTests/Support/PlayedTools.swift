import Foundation
import Postgres
import TestSupport

@testable import Inference

extension ToolCall {
    /// The call of a test: its id is made from its index.
    static func played(_ index: Int, _ name: String, _ arguments: String = "{}") -> ToolCall {
        ToolCall(index: index, id: "call_\(index)", name: name, arguments: arguments)
    }
}

extension PlayedProvider {
    /// Calls tools in its first steps, and then repeats what they told.
    ///
    /// - Parameter seen: is given every request.
    static func calling(_ steps: [[ToolCall]], name: String = "played", seen: Collected<ProviderRequest> = Collected()) -> PlayedProvider {
        PlayedProvider(name) { request, receive in
            seen.add(request)
            let step = request.messages.filter { $0.toolCalls != nil }.count
            guard step < steps.count else {
                try await receive(.text(request.messages.filter { $0.role == .tool }.map(\.content).joined(separator: " | ")))
                return try await receive(.stopped)
            }
            for call in steps[step] { try await receive(.toolCall(call)) }
            try await receive(.usage(TokenUsage(input: 10, output: 2)))
            try await receive(.ended(StepEnding(.completed, finish: FinishReason(.toolCalls, raw: "tool_calls"))))
        }
    }
}

extension InferenceFixture {
    /// Holds the rows of all memories while `body` runs: whoever writes one of them waits.
    func holdingMemories(_ body: () async throws -> Void) async throws {
        try await holding(body) { transaction in
            _ = try await transaction.query("-- hold memories\nselect id from memories where workspace_id = $1 for update", workspace)
        }
    }

    /// Holds a run's row while `body` runs: whoever writes it waits.
    func holdingRun(_ run: UUID, _ body: () async throws -> Void) async throws {
        try await holding(body) { transaction in
            _ = try await transaction.query(
                "-- hold a run\nselect id from runs where workspace_id = $1 and id = $2 for update", workspace, run)
        }
    }

    /// Holds what `lock` locks while `body` runs.
    private func holding(
        _ body: () async throws -> Void, _ lock: @escaping @Sendable (PostgresTransaction) async throws -> Void
    ) async throws {
        let (held, release) = (Permits(), Permits())
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await pool.transaction(.workspaces([workspace])) { transaction in
                    try await lock(transaction)
                    held.give()
                    try await release.take()
                }
            }
            try await held.take()
            try await body()
            release.give()
            try await group.waitForAll()
        }
    }

    /// A memory of the fixture's workspace.
    @discardableResult
    func remember(_ content: String, name: String? = nil, agent: UUID? = nil, workspace: UUID? = nil) async throws -> Memory {
        let memory = NewMemory(agent: agent, name: name, content: content)
        guard let written = try await memories.write(memory, workspace: workspace ?? self.workspace, idempotency: nil) else {
            throw TestSupportError("a memory was not written")
        }
        return written.memory
    }

    /// What the client's tool came to, written down and not announced.
    @discardableResult
    func post(_ results: [ToolResultBody], to run: UUID, workspace: UUID? = nil) async throws -> RunStore.Posted {
        try await store.post(results, to: run, workspace: workspace ?? self.workspace, by: nil)
    }
}
