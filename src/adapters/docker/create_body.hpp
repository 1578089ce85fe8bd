#pragma once

#include <boost/json.hpp>
#include <map>
#include <string>
#include <vector>

#include "adapters/docker/engine_api.hpp"
#include "adapters/docker/file_routes.hpp"
#include "adapters/docker/image_config.hpp"
#include "model/plan.hpp"
#include "model/secret.hpp"

namespace plimsoll::adapters {

/// What `POST /containers/create` needs besides the action.
struct CreateInput {
  const CreateContainer& create;
  TargetId target;
  std::string installation;
  ApiVersion version;
  const SecretTable* secrets = nullptr;
  /// Engine names or ids of the containers that `service:X` means, in `network_mode`, `pid` and `ipc`.
  std::map<std::string, std::string> service_containers{};
  /// Podman's API refuses a reference with both tag and digest.
  bool tag_beside_digest = true;
  /// Of the image to create from; empty where the creation does not depend on it.
  ImageConfig image{};
  /// `FileSurroundings`.
  bool root_is_open = false;
};

/// The signal to name as the one that stops the container; empty leaves it to the image. An engine takes every signal
/// for a stop by hand, after which its restart policy rests, where none is named: a service that is reloaded by a
/// signal therefore gets the engine's own default by its name.
[[nodiscard]] std::string stop_signal_of(const CreateInput& input);

/// The request body of `POST /containers/create`. It holds secret values: it must go to the engine and nowhere else.
[[nodiscard]] boost::json::object create_body(const CreateInput& input);

/// True when the container cannot be as desired without the value of a secret: in the body, or in a file.
[[nodiscard]] bool needs_secrets(CreateInput input);
/// True when one of its repository files holds a secret.
[[nodiscard]] bool has_secret_files(const ServiceSpec& spec);

/// HostConfig alone; part of `create_body`.
[[nodiscard]] boost::json::object host_config(const CreateInput& input);

/// The image to create from. When the registry's digest is known it decides; the tag stands beside it for people
/// (`repo:tag@digest`: `docker ps` then shows the tag), where the engine allows that.
[[nodiscard]] std::string image_to_create(const CreateContainer& create, bool tag_beside_digest);

/// The settings of one endpoint, with these aliases (Engine API, EndpointSettings).
[[nodiscard]] boost::json::object endpoint_settings(const NetworkAttachment& network, ApiVersion version);

/// The attachments of a service with the aliases that the container bears from the start.
[[nodiscard]] std::vector<NetworkAttachment> attachments_of(const CreateContainer& create);

/// What decides how the single repository files get into this container.
[[nodiscard]] FileSurroundings surroundings_of(const CreateInput& input);

/// Name of the volume that holds repository files in `directory` for this very container. The same container made again
/// gets the same name; another attempt, replica or spec another one.
[[nodiscard]] std::string files_volume_name(const CreateInput& input, const std::string& directory,
                                            const std::string& digest);
/// The names of the volumes that single files need (`own_file_volumes`).
[[nodiscard]] std::vector<std::string> single_file_volumes(const CreateInput& input);
/// What all such names begin with.
inline constexpr std::string_view kFilesVolumePrefix = "plimsoll-files-";

/// `POST /networks/create`.
[[nodiscard]] boost::json::object network_body(const NetworkSpec& network, const TargetId& target,
                                               const std::string& installation);
/// `POST /volumes/create`.
[[nodiscard]] boost::json::object volume_body(const VolumeSpec& volume, const TargetId& target,
                                              const std::string& installation);
/// `POST /containers/{id}/update`: only what differs from `live`.
[[nodiscard]] boost::json::object update_body(const UpdateContainer& update, const Resources& live);

}  // namespace plimsoll::adapters
