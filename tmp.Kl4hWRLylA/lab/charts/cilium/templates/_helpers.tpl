{{- define "labels" -}}
app.kubernetes.io/name: {{ . }}
app.kubernetes.io/part-of: cilium
{{- end }}

{{- define "one-per-node" -}}
requiredDuringSchedulingIgnoredDuringExecution:
  - labelSelector: {matchLabels: {k8s-app: {{ . }}}}
    topologyKey: kubernetes.io/hostname
{{- end }}
