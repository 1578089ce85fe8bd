#pragma once

#include "compose/node.hpp"
#include "manifest/conversion_context.hpp"
#include "manifest/field_reader.hpp"
#include "model/desired_state.hpp"

/// The parts of `convert_service`, one topic a file. Each reads its keys of the resolved service (`service`), fills its
/// part of the spec, and reports what does not fit; none stops at the first error.
namespace plimsoll::manifest {

/// Refuses keys that Plimsoll does not support, with the reason; notices for those that it ignores on purpose.
void check_service_keys(const FieldReader& service, bool image_known);

/// `image` after the environment's `images`, `pull_policy`, `platform`, whether to follow the tag.
void convert_image(const FieldReader& service, const ConversionContext& context, ServiceSpec& out);

/// command, entrypoint, environment, labels, working_dir, user, tty, stop_signal, ...
void convert_process(const FieldReader& service, ServiceSpec& out);

void convert_health_check(const FieldReader& service, ServiceSpec& out);

/// `ports` and `expose`.
void convert_ports(const FieldReader& service, const ConversionContext& context, ServiceSpec& out);

/// `volumes` and `tmpfs`; `volumes` is the top-level mapping.
void convert_mounts(const FieldReader& service, const FieldReader& volumes, const ConversionContext& context,
                    ServiceSpec& out);

/// `configs` and `secrets` of the service, as repository mounts; `project` is the whole tree.
void convert_config_files(const FieldReader& service, const FieldReader& project, const ConversionContext& context,
                          ServiceSpec& out);

/// `networks` and `network_mode`; `networks` is the top-level mapping.
void convert_attachments(const FieldReader& service, const FieldReader& networks, const ConversionContext& context,
                         ServiceSpec& out);

/// Memory, CPU and process limits of both spellings, ulimits, shm_size, devices and device requests.
void convert_resources(const FieldReader& service, ServiceSpec& out);

/// Capabilities, namespaces, DNS, sysctls, logging, ...
void convert_isolation(const FieldReader& service, const ConversionContext& context, ServiceSpec& out);

/// replicas, update_config, restart policies, `x-plimsoll`; `defaults` has the project's own `x-plimsoll`.
void convert_deploy(const FieldReader& service, const FieldReader& defaults, DesiredService& out);

/// `x-plimsoll.reload`; needs the mounts. Left out, with a notice, where it can have no effect.
void convert_reload(const FieldReader& service, DesiredService& out);

/// Refuses single files where no engine can put them: under a tmpfs or a read-only mount, over what an engine mounts or
/// writes itself, and directly in a read-only root.
void check_file_places(const FieldReader& service, const ServiceSpec& spec);

/// Rules that span several keys: replicas against fixed ports and names, two mounts on one target, secrets where they
/// may not stand. Also the warnings about images and mounts.
void check_service(const FieldReader& service, const DesiredService& converted);

}  // namespace plimsoll::manifest
