import Directory
import Hummingbird
import Jobs
import Postgres
import Web
import Workspaces

/// The directory's pages for people, as far as this program has them: requests of theirs are measured where their routes are among
/// ``paths``. The only file of the bench that knows what makes them.
enum DirectoryBenchPages {
    static let paths = DirectoryPages.paths

    static func routes(pool: PostgresPool, producer: JobProducer, workspaces: Workspaces) throws -> [RouteCollection<AppContext>] {
        let pages = try DirectoryPages(
            pool: pool, producer: producer, workspaces: workspaces, problems: ProblemMapping.table, secret: nil, peer: { $0.peer })
        return [pages.routes]
    }
}
