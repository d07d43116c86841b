/// A provider as an operator configures it.
package struct ProviderConfiguration: Sendable, Equatable {
    /// Lower case letters, digits and dashes; what `model` may begin with, as in `openai/gpt-4o`.
    package var name: String
    /// With its version: `https://api.openai.com/v1`.
    package var baseURL: String
    package var key: ProviderKey?
    /// What is asked when a run names no model; the first of ``models`` when nil.
    package var defaultModel: String?
    /// Models that runs may name. Empty: any, the provider knows what it has.
    package var models: [String]
    package var timeouts: StreamTimeouts
    package var format: ProviderFormat
    /// The address of this installation, for providers that ask who calls (OpenRouter).
    package var site: String?

    package init(
        name: String, baseURL: String, key: ProviderKey? = nil, defaultModel: String? = nil, models: [String] = [],
        timeouts: StreamTimeouts = StreamTimeouts(), format: ProviderFormat = .openai, site: String? = nil
    ) {
        self.name = name
        self.baseURL = baseURL
        self.key = key
        self.defaultModel = defaultModel
        self.models = models
        self.timeouts = timeouts
        self.format = format
        self.site = site
    }
}

/// Which provider answers which model. Pure: it knows names, ``ProviderDirectory/Choice`` names the provider that a caller looks up.
///
/// A run's `model` is read in this order:
///
/// | `model` | answers |
/// |---|---|
/// | absent | the default provider with its default model |
/// | `scripted`, `scripted-fast` | the built-in provider |
/// | `NAME/REST` where NAME is a provider | that provider, asked for REST, if it lists it or lists none |
/// | listed by a provider | the first that lists it |
/// | anything else | the default provider, if it lists none |
///
/// The default provider is the first configured one, else the built-in.
package struct ProviderDirectory: Sendable {
    package struct Choice: Sendable, Equatable {
        package var provider: String
        package var model: String

        package init(provider: String, model: String) {
            self.provider = provider
            self.model = model
        }
    }

    /// Everything that is wrong with a configuration, one sentence each.
    package struct Faults: Error, Equatable, CustomStringConvertible {
        package var sentences: [String]
        package var description: String { sentences.joined(separator: " ") }
    }

    package static let scripted = "scripted"
    private let providers: [ProviderConfiguration]

    /// - Throws: ``Faults`` with all that is wrong, for an operator to mend at once.
    package init(_ providers: [ProviderConfiguration]) throws(Faults) {
        var faults: [String] = []
        var seen: Set<String> = [Self.scripted]
        for provider in providers {
            let label = "Provider “\(provider.name)”"
            let allowed = provider.name.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 45 }
            if provider.name.isEmpty || !allowed {
                faults.append("\(label): a name has lower case letters, digits and dashes only.")
            } else if !seen.insert(provider.name).inserted {
                faults.append("\(label): the name is taken\(provider.name == Self.scripted ? " by the built-in provider" : "").")
            }
            if !provider.baseURL.hasPrefix("https://"), !provider.baseURL.hasPrefix("http://") {
                faults.append("\(label): the URL begins with https:// or http://, as in https://api.openai.com/v1.")
            }
            if provider.defaultModel == nil, provider.models.isEmpty {
                faults.append("\(label): it needs a default model or a list of models.")
            }
        }
        guard faults.isEmpty else { throw Faults(sentences: faults) }
        self.providers = providers
    }

    /// The provider for a run's `model`; nil when none answers it.
    package func choose(model: String?) -> Choice? {
        guard let model, !model.isEmpty else {
            guard let first = providers.first else { return Choice(provider: Self.scripted, model: ScriptedProvider.models[0]) }
            return Choice(provider: first.name, model: first.defaultModel ?? first.models[0])
        }
        if ScriptedProvider.models.contains(model) { return Choice(provider: Self.scripted, model: model) }
        if let slash = model.firstIndex(of: "/"), let provider = providers.first(where: { $0.name == model[..<slash] }) {
            let rest = String(model[model.index(after: slash)...])
            return !rest.isEmpty && provider.answers(rest) ? Choice(provider: provider.name, model: rest) : nil
        }
        if let provider = providers.first(where: { $0.models.contains(model) }) { return Choice(provider: provider.name, model: model) }
        guard let first = providers.first, first.answers(model) else { return nil }
        return Choice(provider: first.name, model: model)
    }

    /// Whether an operator named this model of a provider, or it is built in. Any other name comes from whoever asked.
    func isConfigured(_ model: String, of provider: String) -> Bool {
        if provider == Self.scripted { return ScriptedProvider.models.contains(model) }
        return providers.first { $0.name == provider }?.listed.contains(model) ?? false
    }

    /// Models that can be named, for lists and error messages: `scripted` ones first, then `provider/model`.
    package var models: [String] {
        ScriptedProvider.models + providers.flatMap { provider in provider.listed.map { "\(provider.name)/\($0)" } }
    }
}

extension ProviderConfiguration {
    fileprivate func answers(_ model: String) -> Bool { models.isEmpty || listed.contains(model) }

    fileprivate var listed: [String] {
        guard let defaultModel, !models.contains(defaultModel) else { return models }
        return [defaultModel] + models
    }
}
