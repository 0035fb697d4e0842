conditions:
{{ range .status.conditions }}
- { type: {{ .type | Quote }}, lastHeartbeatTime: {{ Now | Quote }} }
{{ end }}
