import Inference

extension Settings {
    /// The keys that secrets of workspaces are sealed with; none without the setting.
    func sealingKeys() throws -> SealingKeys {
        guard let list = text("credentials.keys") else { return .none }
        do {
            return try SealingKeys(list)
        } catch {
            throw Faults(faults: [
                "MAINSTAY_CREDENTIALS_KEYS: \(error); wanted is `id:base64`, older keys behind commas, 32 bytes such as `openssl rand -base64 32` prints."
            ])
        }
    }

    /// What workspaces may bring for their runs. All that is wrong is told at once.
    func inferenceSetup() throws -> InferenceSetup.Configuration {
        var setup = InferenceSetup.Configuration()
        var faults: [String] = []
        do {
            setup.keys = try sealingKeys()
        } catch let found as Faults {
            faults += found.faults
        }
        do {
            setup.addresses = try AddressPolicy(allowing: list("tools.allow"))
        } catch {
            faults.append("MAINSTAY_TOOLS_ALLOW: \(error).")
        }
        do {
            setup.prices = try PriceTable(list("prices"))
        } catch {
            faults.append("MAINSTAY_PRICES: \(error).")
        }
        guard faults.isEmpty else { throw Faults(faults: faults) }
        return setup
    }
}
