import HTTPTypes
import Hummingbird
import Web
import Workspaces

/// The contract of run events over HTTP, for everybody: what makes a client's types needs no token for it.
struct ContractRoutes: Sendable {
    /// It changes with a release of the program, and then only by what a reader ignores.
    private static let body = KeptBody(bytes: RunEventContract.bytes, contentType: RunEventContract.contentType, maxAge: .seconds(3600))

    /// Mounts and describes it.
    func add(to routes: inout APIRoutes) {
        routes.onOpen(Self.runEvents) { _, _ in Self.body }
    }

    static let runEvents = APIOperation(
        .get, RunEventContract.path, summary: "The contract of a run's events",
        description: """
            JSON Schema (2020-12) of the `data` of each event of `GET /v1/runs/{id}/events`; `run.started` names the version. Within a version members \
            and types may be added, and a reader ignores what it does not know.
            """,
        tag: "Runs", answers: [.init(.ok, "The schema.", schema: .any, contentType: RunEventContract.contentType)])
}
