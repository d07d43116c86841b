import ArgumentParser

/// `mainstay directory`: what operators see and decide about published agents, and what everybody may read of it.
struct DirectoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "directory",
        abstract: "Reports about published agents, decisions, the public log of removals, and who stands behind owners.",
        discussion: """
            Reports, decisions and what is said of owners need a token with the scope `directory:moderate`.

            EXAMPLES
              mainstay directory reports                          what waits, oldest first
              mainstay directory reports --standing quarantined   only what reports alone have taken out
              mainstay directory reports 019ab3…                  one case with what was reported
              mainstay directory decide 019ab3… --decision dismiss --ground misleading --facts "The text is a quotation."
              mainstay directory decide 019ab3… --decision remove --ground malware --facts "It sends keys away." --yes
              mainstay directory removals
              mainstay directory verify acme --name "Acme Ltd" --site https://acme.example
              mainstay directory verified                         owners that are verified; with an owner, all that was verified of it
              mainstay directory unverify acme --reason "The domain is somebody else's now." --yes

            EXIT CODES
              0 done   1 failed   64 misuse
            """,
        subcommands: [Reports.self, Decide.self, Removals.self, Verify.self, Unverify.self, Verified.self], defaultSubcommand: Reports.self)
}
