#include "compose/schema.hpp"

#include <algorithm>
#include <array>

namespace plimsoll::compose {
namespace {

using enum Shape;

constexpr SchemaField kPoolFields[] = {{"subnet"}, {"ip_range"}, {"gateway"}, {"aux_addresses", text_options}};
constexpr SchemaObject kPool{kPoolFields};
constexpr SchemaField kIpamFields[] = {{"driver"}, {"config", objects, &kPool}, {"options", options_dropped}};
constexpr SchemaObject kIpam{kIpamFields};

constexpr SchemaField kNetworkFields[] = {
    {"name", text_kept},  {"driver"},          {"driver_opts", options},   {"ipam", object_always, &kIpam},
    {"external", flag},   {"internal", flag},  {"enable_ipv4", flag_kept}, {"enable_ipv6", flag_kept},
    {"attachable", flag}, {"labels", text_map}};
constexpr SchemaObject kNetwork{kNetworkFields};

constexpr SchemaField kVolumeFields[] = {
    {"name", text_kept}, {"driver"}, {"driver_opts", options}, {"external", flag}, {"labels", text_map}};
constexpr SchemaObject kVolume{kVolumeFields};

constexpr SchemaField kSecretFields[] = {{"name", text_kept},      {"environment", text_kept}, {"file"},
                                         {"external", flag},       {"labels", text_map},       {"driver"},
                                         {"driver_opts", options}, {"template_driver"}};
constexpr SchemaObject kSecret{kSecretFields};

constexpr SchemaField kConfigFields[] = {
    {"name", text_kept}, {"content", text_kept}, {"environment", text_kept}, {"file"},
    {"external", flag},  {"labels", text_map},   {"template_driver"}};
constexpr SchemaObject kConfig{kConfigFields};

constexpr SchemaField kModelFields[] = {{"name"},
                                        {"model", text, nullptr, "", true},
                                        {"context_size", whole, nullptr, "", false, nullptr, true},
                                        {"runtime_flags", texts}};
constexpr SchemaObject kModel{kModelFields};

const SchemaField kProjectFields[] = {{"version"},
                                      {"name"},
                                      {"services", object_map, &kServiceSchema},
                                      {"networks", object_map, &kNetwork},
                                      {"volumes", object_map, &kVolume},
                                      {"secrets", object_map, &kSecret},
                                      {"configs", object_map, &kConfig},
                                      {"models", object_map, &kModel}};

struct LegacyKey {
  std::string_view name, mend;
};
constexpr std::array kLegacyServiceKeys{
    LegacyKey{"net", "use network_mode"},
    LegacyKey{"log_driver", "use logging.driver"},
    LegacyKey{"log_opt", "use logging.options"},
    LegacyKey{"volume_driver", "set driver on the volume"},
    LegacyKey{"dockerfile", "use build.dockerfile"},
};

}  // namespace

const SchemaObject kProjectSchema{kProjectFields};

const SchemaField* SchemaObject::find(std::string_view name) const noexcept {
  const auto found = std::find_if(fields.begin(), fields.end(), [&](const SchemaField& f) { return f.name == name; });
  return found == fields.end() ? nullptr : &*found;
}

std::string_view legacy_service_key_mend(std::string_view name) noexcept {
  const auto found = std::find_if(kLegacyServiceKeys.begin(), kLegacyServiceKeys.end(),
                                  [name](const LegacyKey& key) { return key.name == name; });
  return found == kLegacyServiceKeys.end() ? std::string_view() : found->mend;
}

}  // namespace plimsoll::compose
