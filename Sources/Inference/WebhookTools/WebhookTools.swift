package import Foundation
import Logging

/// The tools of workspaces, as a run uses them.
package struct WebhookTools: Sendable {
    private let store: ToolStore
    private let keys: SealingKeys
    private let caller: WebhookToolCaller
    private let logger: Logger
    /// Of a call that belongs to no run.
    private static let noRun = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))

    init(store: ToolStore, keys: SealingKeys, caller: WebhookToolCaller, logger: Logger) {
        self.store = store
        self.keys = keys
        self.caller = caller
        self.logger = logger
    }

    /// What runs of a workspace may call, by name. A tool whose secret does not open is left out and told to the log: it cannot be called.
    package func offered(to workspace: UUID) async throws -> [WebhookTool] {
        try await store.list(workspace: workspace).filter { $0.disabledAt == nil }.compactMap { stored -> WebhookTool? in
            do {
                return try stored.opened(workspace, keys)
            } catch {
                logger.error("a tool cannot be used", metadata: ["tool": "\(stored.id)", "workspace": "\(workspace)", "error": "\(error)"])
                return nil
            }
        }
    }

    /// Calls one of them; see ``WebhookToolCaller/call(_:arguments:call:run:workspace:)``.
    package func call(_ tool: WebhookTool, arguments: String, call id: String, run: UUID, workspace: UUID) async -> WebhookToolOutput {
        await caller.call(tool, arguments: arguments, call: id, run: run, workspace: workspace)
    }

    /// Calls a tool for whoever wants to see it work, a disabled one too; nil when there is none.
    func test(_ id: UUID, arguments: String, workspace: UUID) async throws -> WebhookToolOutput? {
        guard let stored = try await store.find(id, workspace: workspace) else { return nil }
        let tool: WebhookTool
        do {
            tool = try stored.opened(workspace, keys)
        } catch {
            return WebhookToolOutput(text: "The tool cannot be called: \(error).", isError: true, duration: .zero)
        }
        return await caller.call(tool, arguments: arguments, call: "test-\(UUID())", run: Self.noRun, workspace: workspace)
    }
}
