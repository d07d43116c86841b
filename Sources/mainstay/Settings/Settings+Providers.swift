import Inference

extension Settings {
    /// Words that are settings of the provider without a name: `provider.key` cannot be a provider called `key`.
    private static let reservedProviderNames = ["url", "key", "model", "models", "format"]
    /// Seconds of a wait; a run takes no longer than the longest.
    private static let waits = 1...900

    /// The providers of inference in the order of preference: the one without a name first, then those of `providers` in their order.
    ///
    /// - Throws: ``Faults`` with all that is wrong here; names, URLs and models are judged by `ProviderDirectory`.
    func providers() throws -> [ProviderConfiguration] {
        let site = text("http.public.url")
        var faults: [String] = []
        func format(_ word: String?, _ variable: String) -> ProviderFormat {
            guard let word, !word.isEmpty else { return .openai }
            if let format = ProviderFormat(rawValue: word) { return format }
            let known = ProviderFormat.allCases.map(\.rawValue).joined(separator: ", ")
            faults.append("\(variable) is \"\(word)\"; wanted is one of \(known).")
            return .openai
        }
        // The provider's own setting, else the one of all.
        func wait(_ words: String, _ name: String?) -> Duration {
            let shared = "provider.\(words).seconds"
            let own = name.flatMap { name in text(ofNamed: "provider.\(name).\(words).seconds").map { (name, $0) } }
            let found = own?.1 ?? text(shared) ?? ""
            if let seconds = Int(found), Self.waits.contains(seconds) { return .seconds(seconds) }
            let key = own.map { "provider.\($0.0).\(words).seconds" } ?? shared
            let variable = "MAINSTAY_" + key.uppercased().map { $0 == "." || $0 == "-" ? "_" : String($0) }.joined()
            let fault = "\(variable) is \"\(found)\"; wanted is a whole number from \(Self.waits.lowerBound) to \(Self.waits.upperBound)."
            // What all share is wrong once.
            if !faults.contains(fault) { faults.append(fault) }
            return .seconds(Self.waits.upperBound)
        }
        func timeouts(of name: String? = nil) -> StreamTimeouts {
            StreamTimeouts(headers: wait("header.wait", name), firstToken: wait("first.token", name), idle: wait("idle", name))
        }

        var providers: [ProviderConfiguration] = []
        if let url = text("provider.url") {
            providers.append(
                ProviderConfiguration(
                    name: "default", baseURL: url, key: text("provider.key").flatMap { ProviderKey($0) }, defaultModel: text("provider.model"),
                    timeouts: timeouts(), format: format(text("provider.format"), "MAINSTAY_PROVIDER_FORMAT"), site: site))
        }
        for name in Self.words(text("providers")) {
            if Self.reservedProviderNames.contains(name) {
                faults.append("MAINSTAY_PROVIDERS has \"\(name)\", which is the name of a setting: call the provider something else.")
                continue
            }
            let variables = "MAINSTAY_PROVIDER_\(name.uppercased().replacing("-", with: "_"))_"
            guard let url = text(ofNamed: "provider.\(name).url") else {
                faults.append("\(variables)URL is not set, and MAINSTAY_PROVIDERS names \"\(name)\".")
                continue
            }
            providers.append(
                ProviderConfiguration(
                    name: name, baseURL: url, key: text(ofNamed: "provider.\(name).key", isSecret: true).flatMap { ProviderKey($0) },
                    defaultModel: text(ofNamed: "provider.\(name).model"), models: Self.words(text(ofNamed: "provider.\(name).models")),
                    timeouts: timeouts(of: name),
                    format: format(text(ofNamed: "provider.\(name).format"), "\(variables)FORMAT"), site: site))
        }
        guard faults.isEmpty else { throw Faults(faults: faults) }
        return providers
    }

    /// The words between commas.
    private static func words(_ text: String?) -> [String] {
        (text ?? "").split(separator: ",").map { $0.filter { !$0.isWhitespace } }.filter { !$0.isEmpty }
    }
}
