#include "compose/schema.hpp"

#include <algorithm>
#include <array>

namespace plimsoll::compose {
namespace {

using enum Shape;

constexpr SchemaField kPoolFields[] = {{"subnet"}, {"ip_range"}, {"gateway"}, {"aux_addresses", text_map}};
constexpr SchemaObject kPool{kPoolFields};
constexpr SchemaField kIpamFields[] = {{"driver"}, {"config", objects, &kPool}, {"options", options}};
constexpr SchemaObject kIpam{kIpamFields};

constexpr SchemaField kNetworkFields[] = {{"name"},
                                          {"driver"},
                                          {"driver_opts", options},
                                          {"ipam", object_always, &kIpam},
                                          {"external", flag},
                                          {"internal", flag},
                                          {"enable_ipv4", flag_kept},
                                          {"enable_ipv6", flag_kept},
                                          {"attachable", flag},
                                          {"labels", text_map}};
constexpr SchemaObject kNetwork{kNetworkFields};

constexpr SchemaField kVolumeFields[] = {
    {"name"}, {"driver"}, {"driver_opts", options}, {"external", flag}, {"labels", text_map}};
constexpr SchemaObject kVolume{kVolumeFields};

constexpr SchemaField kSecretFields[] = {
    {"name"},   {"environment"},          {"file"},           {"external", flag}, {"labels", text_map},
    {"driver"}, {"driver_opts", options}, {"template_driver"}};
constexpr SchemaObject kSecret{kSecretFields};

constexpr SchemaField kConfigFields[] = {{"name"},           {"content"},          {"environment"},    {"file"},
                                         {"external", flag}, {"labels", text_map}, {"template_driver"}};
constexpr SchemaObject kConfig{kConfigFields};

constexpr SchemaField kModelFields[] = {
    {"name"}, {"model", text, nullptr, "", true}, {"context_size", integer}, {"runtime_flags", texts}};
constexpr SchemaObject kModel{kModelFields};

const SchemaField kProjectFields[] = {{"version"},
                                      {"name"},
                                      {"services", object_map, &kServiceSchema},
                                      {"networks", object_map, &kNetwork},
                                      {"volumes", object_map, &kVolume},
                                      {"secrets", object_map, &kSecret},
                                      {"configs", object_map, &kConfig},
                                      {"models", object_map, &kModel}};

constexpr std::array<std::string_view, 5> kLegacyServiceKeys{"net", "log_driver", "log_opt", "volume_driver",
                                                             "dockerfile"};

}  // namespace

const SchemaObject kProjectSchema{kProjectFields};

const SchemaField* SchemaObject::find(std::string_view name) const noexcept {
  const auto found = std::find_if(fields.begin(), fields.end(), [&](const SchemaField& f) { return f.name == name; });
  return found == fields.end() ? nullptr : &*found;
}

bool is_legacy_service_key(std::string_view name) noexcept {
  return std::find(kLegacyServiceKeys.begin(), kLegacyServiceKeys.end(), name) != kLegacyServiceKeys.end();
}

}  // namespace plimsoll::compose
