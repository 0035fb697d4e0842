{{- define "labels" -}}
app.kubernetes.io/name: {{ . }}
app.kubernetes.io/part-of: cilium
{{- end }}

{{- define "one-per-node" -}}
requiredDuringSchedulingIgnoredDuringExecution:
  - labelSelector: {matchLabels: {k8s-app: {{ . }}}}
    topologyKey: kubernetes.io/hostname
{{- end }}

{{- /* What the chart calls "roll out": a checksum of the configuration in the pod template. */}}
{{- define "checksum" -}}
annotations: {cilium.io/{{ index . 1 }}-checksum: {{ include (print (index . 0).Template.BasePath "/" (index . 2)) (index . 0) | sha256sum | quote }}}
{{- end }}
