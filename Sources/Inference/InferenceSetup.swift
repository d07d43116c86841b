package import Logging
package import Postgres
package import Web

/// What a workspace sets up for its runs: keys of providers, tools and budgets.
///
/// What `mainstay` composes of them; runs use ``credentials``, ``tools`` and ``budgets``.
package struct InferenceSetup: Sendable {
    /// What an operator may set. Without anything: no secret is kept, tools reach the open internet only, and no price is known.
    package struct Configuration: Sendable {
        package var keys: SealingKeys
        package var addresses: AddressPolicy
        package var prices: PriceTable

        package init(keys: SealingKeys = .none, addresses: AddressPolicy = .strict, prices: PriceTable = .none) {
            self.keys = keys
            self.addresses = addresses
            self.prices = prices
        }
    }

    package let credentials: CredentialResolver
    package let tools: WebhookTools
    package let budgets: Budgets
    private let configuration: Configuration
    private let pool: PostgresPool

    package init(configuration: Configuration = Configuration(), pool: PostgresPool, logger: Logger) {
        let caller = WebhookToolCaller(policy: configuration.addresses, logger: logger)
        self.init(configuration: configuration, pool: pool, caller: caller, logger: logger)
    }

    init(configuration: Configuration, pool: PostgresPool, caller: WebhookToolCaller, logger: Logger) {
        self.configuration = configuration
        self.pool = pool
        credentials = CredentialResolver(store: CredentialStore(pool: pool), keys: configuration.keys)
        tools = WebhookTools(store: ToolStore(pool: pool), keys: configuration.keys, caller: caller, logger: logger)
        budgets = Budgets(store: BudgetStore(pool: pool), prices: configuration.prices)
    }

    /// `/v1/provider-credentials`, `/v1/tools`, `/v1/workspace/run-budget` and what belongs to them, with their descriptions.
    package var routes: [APIRoutes] {
        [
            CredentialRoutes(store: CredentialStore(pool: pool), keys: configuration.keys, resolver: credentials).routes,
            ToolRoutes(store: ToolStore(pool: pool), keys: configuration.keys, policy: configuration.addresses, tools: tools).routes,
            BudgetRoutes(store: BudgetStore(pool: pool)).routes,
        ]
    }
}
