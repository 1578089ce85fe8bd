#include <algorithm>

#include "compose/volume_syntax.hpp"
#include "manifest/canonical.hpp"
#include "manifest/names.hpp"
#include "manifest/repository_mount.hpp"
#include "manifest/repository_view.hpp"
#include "manifest/service_parts.hpp"

namespace plimsoll::manifest {
namespace {

using compose::Node;

/// A relative path that is no repository file is data of the host, below the instance's data directory.
void map_to_host_data(const FieldReader& mount, const std::string& path, const ConversionContext& context, Mount& out) {
  const std::string& data_dir = context.instance.data_dir;
  const std::string prefix = context.app.directory + "/";
  if (data_dir.empty()) {
    mount.error("source",
                path + " is not in the manifest repository, and instance \"" + context.instance.name +
                    "\" has no data_dir for data of the host",
                "add the file, use a named volume, or set data_dir in instances.yaml");
  } else if (path != context.app.directory && !path.starts_with(prefix)) {
    mount.error("source", path + " is not in the manifest repository and lies outside the app's directory",
                "add the file, or use a path inside " + context.app.directory);
  } else {
    const std::string rest = path.size() > prefix.size() ? path.substr(prefix.size()) : "";
    out.type = Mount::Type::bind;
    out.source = join_path(data_dir + "/" + context.id.environment + "/" + context.id.app, rest);
    out.create_host_path = true;
  }
}

void convert_relative_bind(const FieldReader& mount, const std::string& source, const ConversionContext& context,
                           Mount& out) {
  const auto path = repository_path(source);
  if (!path) {
    mount.error("source", "the path leaves the manifest directory", "use a path inside it, or an absolute one");
    return;
  }
  const RepositoryPathKind kind = kind_of(context.files, *path);
  if (kind == RepositoryPathKind::absent || kind == RepositoryPathKind::empty_directory) {
    map_to_host_data(mount, *path, context, out);
    return;
  }
  out.type = Mount::Type::repository;
  out.source = *path;
  out.files = collect_files(context.files, *path, mount, "source");
  std::size_t bytes = 0;
  for (const RepositoryFile& file : out.files) bytes += file.content ? file.content->size() : 0;
  context.expansion.add_files(out.files.size(), bytes, mount.node().place());
  out.digest = files_digest(out.files);
}

void convert_bind(const FieldReader& mount, const ConversionContext& context, Mount& out) {
  const FieldReader bind = mount.at("bind");
  out.type = Mount::Type::bind;
  out.propagation = bind.text("propagation");
  out.selinux = bind.text("selinux");
  // The default of the Specification; Compose 2.40 itself takes a `bind` without the key for false.
  out.create_host_path = bind.flag("create_host_path", true);
  const Node* source = mount.get("source");
  if (source == nullptr || !source->is_string() || source->string().empty()) {
    mount.error("source", "a bind mount needs a source", "name the path");
  } else if (source->was_relative_path()) {
    convert_relative_bind(mount, source->string(), context, out);
  } else if (source->string().starts_with('/')) {
    out.source = source->string();
  } else {
    mount.error("source", "\"" + source->string() + "\" is no path of the instance",
                source->string().starts_with('~') ? "a home directory depends on a user: give an absolute path"
                                                  : "give an absolute path");
  }
}

void convert_volume(const FieldReader& mount, const FieldReader& volumes, const ConversionContext& context,
                    Mount& out) {
  const FieldReader options = mount.at("volume");
  out.type = Mount::Type::volume;
  out.no_copy = options.flag("nocopy");
  out.subpath = options.text("subpath");
  const std::string key = mount.text("source");
  if (key.empty()) {
    mount.warning("target",
                  "the volume at " + out.target +
                      " is anonymous: its data stays behind when the container "
                      "is replaced",
                  "give the volume a name");
  } else if (!volumes.node().contains(key)) {
    mount.error("source", "volume \"" + key + "\" is not declared", "add it under volumes at the top level");
  } else {
    const FieldReader volume = volumes.at(key);
    const std::string name = volume.text("name");
    out.source = !name.empty() ? name : volume.flag("external") ? key : context.project() + "_" + key;
  }
}

void convert_tmpfs_mount(const FieldReader& mount, Mount& out) {
  const FieldReader options = mount.at("tmpfs");
  out.type = Mount::Type::tmpfs;
  out.tmpfs_size = options.bytes("size").value_or(0);
  out.tmpfs_mode = options.small("mode", 0, 07777);
}

void convert_mount(const FieldReader& mount, const FieldReader& volumes, const ConversionContext& context,
                   ServiceSpec& spec) {
  Mount out;
  const std::string type = mount.text("type");
  out.target = mount.text("target");
  out.read_only = mount.flag("read_only");
  if (!out.target.starts_with('/')) {
    mount.error("target", "must be an absolute path of the container, is \"" + out.target + "\"");
  }
  if (type == "bind") {
    convert_bind(mount, context, out);
  } else if (type == "volume") {
    convert_volume(mount, volumes, context, out);
  } else if (type == "tmpfs") {
    convert_tmpfs_mount(mount, out);
  } else {
    mount.error("type", "volumes of type \"" + type + "\" are not supported", "use bind, volume or tmpfs");
    return;
  }
  spec.mounts.push_back(std::move(out));
}

/// The short syntax as the mapping that the loader usually makes of it.
Node long_form(const std::string& text, const compose::Place& place, const FieldReader& service) {
  Node out = Node::make_mapping(place);
  auto parsed = compose::parse_volume(text);
  if (!parsed) {
    service.error("volumes", parsed.error().message);
    return out;
  }
  out.set("type", Node::make_string(parsed->bind ? "bind" : "volume", place), place);
  out.set("source", Node::make_string(parsed->source, place), place);
  out.set("target", Node::make_string(parsed->target, place), place);
  out.set("read_only", Node::make_bool(parsed->read_only, place), place);
  return out;
}

void convert_tmpfs(const FieldReader& service, ServiceSpec& out) {
  for (const std::string& text : service.texts("tmpfs")) {
    const std::size_t colon = text.find(':');
    if (!text.starts_with('/')) service.error("tmpfs", "\"" + text + "\" is no absolute path");
    out.tmpfs[text.substr(0, colon)] = colon == std::string::npos ? "" : text.substr(colon + 1);
  }
}

}  // namespace

void convert_mounts(const FieldReader& service, const FieldReader& volumes, const ConversionContext& context,
                    ServiceSpec& out) {
  if (const Node* mounts = service.get("volumes")) {
    for (std::size_t i = 0; i < mounts->items().size(); ++i) {
      const Node& item = mounts->items()[i];
      const std::string path = compose::child_path(service.path_of("volumes"), i);
      if (item.is_mapping()) {
        convert_mount({item, path, service.findings()}, volumes, context, out);
      } else {
        const Node mount = long_form(item.as_text(), item.place(), service);
        if (mount.size() != 0) convert_mount({mount, path, service.findings()}, volumes, context, out);
      }
    }
  }
  convert_tmpfs(service, out);
  std::stable_sort(out.mounts.begin(), out.mounts.end(),
                   [](const Mount& a, const Mount& b) { return a.target < b.target; });
}

}  // namespace plimsoll::manifest
