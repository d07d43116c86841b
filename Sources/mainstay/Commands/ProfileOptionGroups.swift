import ArgumentParser
import BuildMemory
import Foundation

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Where profiles are sent to.
struct ProfileClientOptions: ParsableArguments {
    @OptionGroup var settings: SettingsOptions
    @Option(help: "The ingress, instead of MAINSTAY_URL.") var url: String?
    @Option(help: "The bearer token, instead of MAINSTAY_TOKEN (which other users of the machine cannot see).") var token: String?

    /// Nil without a token: nothing is sent then. Settings that cannot be read are told.
    func submission() async -> ProfileSubmission? {
        do {
            let settings = try await settings.load()
            guard let token = token ?? settings.text("token"), !token.isEmpty, let url = url ?? settings.text("url") else { return nil }
            return ProfileSubmission(client: APIClient(url: url, token: token))
        } catch {
            Talk.say("mainstay profile: nothing will be submitted: \(error)")
            return nil
        }
    }
}

/// How the table looks.
struct ProfileLookOptions: ParsableArguments {
    @Flag(help: "Plain ASCII, as on anything that is not a terminal.") var noColor = false

    /// What standard error, where the table goes, can show.
    var style: TextStyle {
        var size = winsize()
        let isTerminal = isatty(STDERR_FILENO) == 1
        let known = isTerminal && ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        return TextStyle(
            environment: ProcessInfo.processInfo.environment, isTerminal: isTerminal, columns: known ? Int(size.ws_col) : nil, plain: noColor)
    }
}

/// `name=text`, where the text may hold further equals signs.
struct NamedText: ExpressibleByArgument {
    let name: String
    let text: String

    init?(argument: String) {
        guard let equals = argument.firstIndex(of: "="), equals > argument.startIndex else { return nil }
        name = String(argument[..<equals])
        text = String(argument[argument.index(after: equals)...])
    }
}

extension CacheState: ExpressibleByArgument {}
