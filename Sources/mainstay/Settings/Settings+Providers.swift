import Inference

extension Settings {
    /// Words that are settings of the provider without a name: `provider.key` cannot be a provider called `key`.
    private static let reservedProviderNames = ["url", "key", "model", "models", "format"]

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

        var providers: [ProviderConfiguration] = []
        if let url = text("provider.url") {
            providers.append(
                ProviderConfiguration(
                    name: "default", baseURL: url, key: text("provider.key").flatMap { ProviderKey($0) }, defaultModel: text("provider.model"),
                    format: format(text("provider.format"), "MAINSTAY_PROVIDER_FORMAT"), site: site))
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
