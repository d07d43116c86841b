import Foundation

/// What `up` says at its end: where things are, and lines to paste.
struct UpClosing: Sendable {
    let url: String
    /// The stack's.
    let folder: String
    /// Where this program lies.
    let program: String
    /// `/metrics` of each worker.
    let workers: [String]

    var text: String {
        let variables = ProfileFile.quoted("\(folder)/env")
        // In a shell of its own, and with the token still in its file: it can be pasted anywhere and shows no secret.
        let request =
            "(. \(variables); curl -s -H \"Authorization: Bearer $MAINSTAY_TOKEN\" -H 'Content-Type: application/json' "
            + #"-d '{"subject":"Hello","body":"From a shell."}' "$MAINSTAY_URL/v1/tickets")"#
        return """

            Mainstay is up.
              ingress      \(url)/            API description: \(url)/openapi.json
              directory    \(url)/agents      sign in with the token of \(folder)/env
              operators    \(url)/ops         token: mainstay token create --operator --name me
              health       \(url)/livez  \(url)/readyz  \(url)/metrics
              workers      \(workers.isEmpty ? "none" : workers.joined(separator: "\n               "))
              logs         \(folder)/log/
              stop         ops/down, or: mainstay up --down --folder \(ProfileFile.quoted(folder))

            A ticket, as it stands:
              \(request)

            The commands, after these two lines:
              set -a; . \(variables); set +a
              export PATH=\(ProfileFile.quoted(program)):"$PATH"

              mainstay agent list
              mainstay chat "Hello"
              mainstay report queue-health
            """
    }
}
