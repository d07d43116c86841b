/// The providers of a process: the configured ones and the built-in.
package struct Providers: Sendable {
    package let directory: ProviderDirectory
    private let byName: [String: any Provider]
    /// Where calls are reported to.
    var metrics = ModelMetrics.process

    /// - Parameters:
    ///   - configurations: In the order of preference; the first is the default. Empty: the built-in provider answers everything.
    ///   - client: For the configured ones; the caller runs it.
    /// - Throws: ``ProviderDirectory/Faults`` with everything that is wrong.
    package init(
        _ configurations: [ProviderConfiguration], client: ProviderClient, clock: any Clock<Duration> = ContinuousClock()
    ) throws(ProviderDirectory.Faults) {
        directory = try ProviderDirectory(configurations)
        var byName: [String: any Provider] = [ProviderDirectory.scripted: ScriptedProvider(clock: clock)]
        for configuration in configurations {
            byName[configuration.name] = HTTPProvider(
                name: configuration.name, format: configuration.format.wire(site: configuration.site), baseURL: configuration.baseURL,
                key: configuration.key, timeouts: configuration.timeouts, client: client, clock: clock)
        }
        self.byName = byName
    }

    /// Providers that exist already, by their names; for tests and for providers that are not called over HTTP.
    package init(directory: ProviderDirectory, providers: [any Provider]) {
        self.directory = directory
        byName = Dictionary(providers.map { ($0.name, $0) }) { first, _ in first }
    }

    /// The provider that a choice of the directory names; its calls are measured.
    func provider(_ name: String) -> (any Provider)? {
        guard let provider = byName[name] else { return nil }
        return MeasuredProvider(provider, directory: directory, metrics: metrics)
    }
}
