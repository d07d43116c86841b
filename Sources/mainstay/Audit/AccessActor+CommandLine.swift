import Foundation
import Workspaces

extension AccessActor {
    /// Whoever runs this command, by the name that the machine knows them by. What a command is told (`--by`) is for the letters of
    /// jobs: the access log takes no name that somebody chose for the occasion.
    static var commandLine: AccessActor { .operator(NSUserName()) }
}
