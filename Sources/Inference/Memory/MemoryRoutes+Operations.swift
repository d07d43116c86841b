import HTTPTypes
import Web

/// What these routes are, for the published description.
extension MemoryRoutes {
    static let list = APIOperation(
        .get, "/v1/memories", summary: "List and search what agents remember", tag: "Memories", scope: "memories:read",
        parameters: [
            .init("agent", in: .query, "Only what this agent is told of: its own memories and the whole workspace's. All agents' when absent."),
            .init("q", in: .query, "Words of which any has to occur: the best first, one page. The newest first when absent."),
            .limit, .cursor,
        ],
        answers: [.init(.ok, "A page of memories.", schema: .page(of: memory))])

    static let create = APIOperation(
        .post, "/v1/memories", summary: "Write a memory",
        description: "With a name that its agent (or the workspace) has a memory of, that memory is replaced and answered with 200.",
        tag: "Memories", scope: "memories:write", parameters: [.idempotencyKey], request: .init(.named("NewMemory", newMemory)),
        answers: [.init(.created, "The memory.", schema: memory), .init(.ok, "The memory that was replaced, as it is now.", schema: memory)])

    static let show = APIOperation(
        .get, "/v1/memories/{id}", summary: "Read a memory", tag: "Memories", scope: "memories:read",
        answers: [.init(.ok, "The memory.", schema: memory)], problems: [.notFound])

    static let delete = APIOperation(
        .delete, "/v1/memories/{id}", summary: "Delete a memory",
        description: "It is found no more, and told to no run. The events of runs that are over keep what they said.",
        tag: "Memories", scope: "memories:write", answers: [.noContent], problems: [.notFound])

    private static let newMemory = JSONSchema.object(
        [
            "content": .string("What to remember, so that it can be understood alone.", minLength: 1, maxLength: MemoryBounds.content),
            "name": .string("What it is written again under.", minLength: 1, maxLength: MemoryBounds.name),
            "kind": .string("One word for what it is; `fact` when absent.", minLength: 1, maxLength: MemoryBounds.kind),
            "agent": .string("Whose it is: `owner/name` of an agent, or the id or name of one of this workspace; the whole workspace's when absent."),
            "metadata": .map(of: .string()),
        ], optional: ["name", "kind", "agent", "metadata"])

    private static let memory = JSONSchema.named(
        "Memory",
        .object(
            [
                "id": .uuid, "scope": .string(oneOf: MemoryScope.allCases.map(\.rawValue)), "agent": .uuid, "name": .string(), "kind": .string(),
                "content": .string(), "metadata": .map(of: .string()), "created_at": .time, "updated_at": .time,
            ], optional: ["agent", "name", "metadata"]))
}
