import ArgumentParser

/// Shared by every command that takes away what does not come back by itself: without `--yes` it says what it would do, does nothing,
/// and fails.
struct Confirmation: ParsableArguments {
    @Flag(help: "Do it; without it, only say what would be done.") var yes = false

    /// - Throws: `ExitCode.failure`, having said what would be done, without a yes.
    func ask(_ what: @autoclosure () throws -> String) throws {
        if yes { return }
        Talk.say(Self.words(try what()))
        throw ExitCode.failure
    }

    /// - Parameter what: a clause, such as `acme would be deleted`.
    static func words(_ what: String) -> String { "\(what); nothing was done: --yes does it" }
}
